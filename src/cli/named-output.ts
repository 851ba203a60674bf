import { styleText } from 'node:util';
import type { RemoteFunction } from './control-shapes.ts';
import type { RemoteOutput } from './emulator-client.ts';
import { printError, toPlain, toPlainButColours, writeOut } from './output.ts';

/** Prints what a run of a function's instance has printed, to its end. */
export type NamedOutput = (
  containerId: string,
  instanceId: string,
  output: AsyncIterable<RemoteOutput>,
) => Promise<void>;

const colours = ['cyan', 'yellow', 'green', 'magenta', 'blue', 'red'] as const;

/** A line without an end is shown in pieces of this length. */
const longestLine = 65_536;

/** How much of an instance's ID stands before its lines: commands take it for the whole ID. */
const shortId = 6;

/**
 * Prints the output of several runs line by line, each after the name of its function and the beginning of its instance's ID,
 * in a colour of the function's on a terminal.
 *
 * @param readerGone is aborted where no reader is there any more
 */
export const createNamedOutput = (
  functions: readonly RemoteFunction[],
  json: boolean,
  readerGone: AbortController,
): NamedOutput => {
  const width = Math.max(0, ...functions.map(({ name }) => name.length));
  const write = async (text: string): Promise<void> => {
    if (!(await writeOut(process.stdout, Buffer.from(text)))) readerGone.abort();
  };
  return async (containerId, instanceId, output) => {
    const index = functions.findIndex(({ container_id: id }) => id === containerId);
    const name = functions[index]?.name ?? containerId;
    const label = `${name.padEnd(width)} ${instanceId.slice(0, shortId)} |`;
    const shown = styleText(colours[index % colours.length] ?? 'white', label, { stream: process.stdout });
    const streams = { stdout: createLines(), stderr: createLines() };
    const toText = (stream: keyof typeof streams, line: string): string =>
      json
        ? `${toPlain(JSON.stringify({ function: name, instance_id: instanceId, stream, text: line }))}\n`
        : `${toPlainButColours(`${shown} ${line}`)}\n`;
    for await (const piece of output) {
      if (piece.stream === 'missing') printError(`${name} ${instanceId}: ${piece.what}`);
      else for (const line of streams[piece.stream].take(piece.data)) await write(toText(piece.stream, line));
    }
    for (const stream of ['stdout', 'stderr'] as const)
      for (const line of streams[stream].end()) await write(toText(stream, line));
  };
};

/** Lines out of bytes, without their ends; the last has none perhaps. */
const createLines = () => {
  const decoder = new TextDecoder();
  let rest = '';
  return {
    take: (bytes: Uint8Array): readonly string[] => {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split(/\r?\n/);
      rest = lines.pop() ?? '';
      if (rest.length > longestLine) lines.push(rest);
      if (rest.length > longestLine) rest = '';
      return lines;
    },
    end: (): readonly string[] => {
      const last = rest + decoder.decode();
      return last === '' ? [] : [last];
    },
  };
};
