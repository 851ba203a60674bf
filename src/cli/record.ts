import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { EmulatorError, errorCodes, toMessage } from '../shared/errors.ts';
import { Remote } from './emulator-client.ts';
import type { RemoteFlags } from './options.ts';
import { print, printError, printJson, writeOut } from './output.ts';

export type RecordFlags = RemoteFlags & { readonly clear: boolean };

/** `record [file]`: saves what the Scheduler API was asked and has answered, for `replay`; with `clear`, begins again. */
export const record = async (path: string | undefined, flags: RecordFlags): Promise<void> => {
  const { json, clear, ...connection } = flags;
  const remote = new Remote(connection);
  if (clear) {
    await remote.ask('begin the recording again', 'recording', isAnything, { method: 'DELETE' });
    return json ? printJson({ cleared: true }) : print('The recording begins again.');
  }
  const pieces = await begun(await remote.recording());
  if (path === undefined) {
    for await (const bytes of pieces) if (!(await writeOut(process.stdout, bytes))) return;
    return;
  }
  const file = createWriteStream(path);
  await pipeline(pieces, file).catch((error: unknown) => {
    if (error instanceof EmulatorError) throw error;
    const reason = (error as NodeJS.ErrnoException).code ?? toMessage(error);
    throw new EmulatorError(
      errorCodes.badOption,
      `Failed to write the recording to ${path}: ${reason}. Choose another path.`,
      { cause: error },
    );
  });
  if (json) printJson({ file: path, bytes: file.bytesWritten });
  else print(`The recording is in ${path}; cycle-scheduler replay serves it.`);
};

/** Nothing is written before the answer begins as a recording does: another server has an answer to this path, too. */
const begun = async (pieces: AsyncIterable<Buffer>): Promise<AsyncGenerator<Buffer, void>> => {
  const rest = pieces[Symbol.asyncIterator]();
  const { value: first } = await rest.next();
  if (!first?.toString().startsWith('{"data":{"version":'))
    throw new EmulatorError(
      errorCodes.refused,
      'Failed to save the recording: the answer is not from an emulator. Check --url.',
    );
  return warned(first, { [Symbol.asyncIterator]: () => rest });
};

const isAnything = (value: unknown): value is unknown => value !== undefined;

/** Whether it is whole stands at its beginning. */
async function* warned(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  if (first.includes('"complete":false')) printError('The recording is incomplete: it reached its size limit.');
  yield first;
  yield* rest;
}
