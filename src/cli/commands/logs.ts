import { styleText } from 'node:util';
import { EmulatorError, errorCodes } from '../../shared/errors.ts';
import type { Schemas } from '../client/control-shapes.ts';
import { Remote, type RemoteOutput } from '../client/emulator-client.ts';
import { findInstance } from '../client/find-target.ts';
import type { RemoteFlags } from '../options.ts';
import { printError, printJson, toPlain, toPlainButColours, writeOut } from '../output.ts';

export type LogsFlags = RemoteFlags & { readonly follow: boolean; readonly raw: boolean };

/** `logs [instance]`: prints the output of the latest run on an instance, or that of all functions. */
export const logs = async (wanted: string | undefined, flags: LogsFlags): Promise<void> => {
  const { json, follow, raw, ...connection } = flags;
  const remote = new Remote(connection);
  if (wanted === undefined) return await logsOfAll(remote, flags);
  const { instance } = findInstance(await remote.state(), wanted, follow);
  const { output, missingBytes } = await remote.logs(instance.id, { follow, raw });
  if (raw && missingBytes !== null) printError(`${missingBytes} bytes are missing before the first of these.`);
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for await (const bytes of output) {
    if (json) printJson({ text: decoder.decode(bytes, { stream: true }) });
    // A reader that has read enough, as `| head` does, has what was asked for.
    else if (!(await writeOut(process.stdout, bytes))) return;
  }
};

/** The latest run of each instance, one after the other; with `follow`, what runs now and all that comes, as it comes. */
const logsOfAll = async (remote: Remote, { json, follow, raw }: LogsFlags): Promise<void> => {
  if (raw) throw new EmulatorError(errorCodes.badOption, onlyLines);
  const readerGone = new AbortController();
  try {
    await (follow ? followAll : printAll)(remote, json, readerGone);
  } catch (error) {
    if (!readerGone.signal.aborted) throw error;
  }
};

const onlyLines = 'Failed to print bytes: of all functions there are only lines. Name an instance.';

const printAll = async (remote: Remote, json: boolean, readerGone: AbortController): Promise<void> => {
  const { functions } = await remote.state();
  const show = createNamedOutput(functions, json, readerGone);
  const ran = functions.flatMap(({ container_id: of, instances }) =>
    instances.flatMap(({ id, latest_start: at }) => (at ? [{ of, id, at: Date.parse(at) }] : [])),
  );
  for (const { of, id } of ran.toSorted((one, other) => one.at - other.at))
    await show(of, id, (await remote.output(id, { follow: false, signal: readerGone.signal })).output);
};

const followAll = async (remote: Remote, json: boolean, readerGone: AbortController): Promise<void> => {
  const { signal } = readerGone;
  // Before the state, so that no claim comes between the two.
  const claims = await remote.events({ follow: true, name: 'instance.claimed', signal });
  const { functions } = await remote.state();
  const runs = followRuns(remote, createNamedOutput(functions, json, readerGone), signal);
  for (const { container_id: of, instances } of functions)
    for (const { id, state } of instances) if (!idle.includes(state)) runs.add(of, id);
  for await (const { container_id: of, instance_id: id } of claims) if (of && id) runs.add(of, id);
  await runs.ended();
};

const idle: readonly string[] = ['preparing', 'available', 'failed'];

/** Follows an instance's run to its end, and again where the instance was added meanwhile: once for each run. */
const followRuns = (remote: Remote, show: NamedOutput, signal: AbortSignal) => {
  type Follower = { isWanted: boolean; run: string | null; following: Promise<void> | null };
  const followers = new Map<string, Follower>();
  const follow = async (of: string, id: string, follower: Follower): Promise<void> => {
    while (follower.isWanted && !signal.aborted) {
      follower.isWanted = false;
      const seen = new AbortController();
      const { run, output } = await remote.output(id, { follow: true, signal: AbortSignal.any([signal, seen.signal]) });
      if (run === follower.run) seen.abort();
      else await show(of, id, output);
      follower.run = run;
    }
  };
  return {
    add: (of: string, id: string): void => {
      const follower: Follower = followers.get(id) ?? { isWanted: false, run: null, following: null };
      followers.set(id, follower);
      follower.isWanted = true;
      // An instance that has gone has no more to say, and that the emulator has gone its events say.
      follower.following ??= follow(of, id, follower)
        .catch(() => {})
        .finally(() => {
          follower.following = null;
        });
    },
    ended: () => Promise.all([...followers.values()].map(({ following }) => following)),
  };
};

const colours = ['cyan', 'yellow', 'green', 'magenta', 'blue', 'red'] as const;

/** A line without an end is shown in pieces of this length. */
const longestLine = 65_536;

/** How much of an instance's ID stands before its lines: commands take it for the whole ID. */
const shortId = 6;

type NamedOutput = ReturnType<typeof createNamedOutput>;

/**
 * Prints the output of several runs line by line, each after the name of its function and the beginning of its instance's ID,
 * in a colour of the function's on a terminal.
 *
 * @param readerGone is aborted where no reader is there any more
 */
export const createNamedOutput = (
  functions: readonly Schemas['Function'][],
  json: boolean,
  readerGone: AbortController,
) => {
  const width = Math.max(0, ...functions.map(({ name }) => name.length));
  const write = async (line: string): Promise<void> => {
    if (!(await writeOut(process.stdout, Buffer.from(`${line}\n`)))) readerGone.abort();
  };
  return async (containerId: string, instanceId: string, output: AsyncIterable<RemoteOutput>): Promise<void> => {
    const index = functions.findIndex(({ container_id: id }) => id === containerId);
    const name = functions[index]?.name ?? containerId;
    const label = `${name.padEnd(width)} ${instanceId.slice(0, shortId)} |`;
    const shown = styleText(colours[index % colours.length] ?? 'white', label, { stream: process.stdout });
    const streams = { stdout: createLines(), stderr: createLines() };
    const writeAll = async (stream: keyof typeof streams, data?: Uint8Array): Promise<void> => {
      for (const text of streams[stream](data)) {
        const line = { function: name, instance_id: instanceId, stream, text };
        await write(json ? toPlain(JSON.stringify(line)) : toPlainButColours(`${shown} ${text}`));
      }
    };
    for await (const piece of output) {
      if (piece.stream === 'missing') printError(`${name} ${instanceId}: ${piece.what}`);
      else await writeAll(piece.stream, piece.data);
    }
    await writeAll('stdout');
    await writeAll('stderr');
  };
};

/** Makes lines of bytes, without their ends; without bytes, what is left of them. */
const createLines = () => {
  const decoder = new TextDecoder();
  let rest = '';
  return (bytes?: Uint8Array): readonly string[] => {
    const lines = (rest + decoder.decode(bytes, { stream: bytes !== undefined })).split(/\r?\n/);
    rest = lines.pop() ?? '';
    const isDue = bytes === undefined ? rest !== '' : rest.length > longestLine;
    if (!isDue) return lines;
    lines.push(rest);
    rest = '';
    return lines;
  };
};
