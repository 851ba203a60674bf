import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { EmulatorError, errorCodes, toMessage } from '../../shared/errors.ts';
import { Remote } from '../client/emulator-client.ts';
import type { RemoteFlags } from '../options.ts';
import { print, printError, printJson, writeOut } from '../output.ts';

export type RecordFlags = RemoteFlags & { readonly clear: boolean };

/**
 * `record [file]`: saves what the Scheduler API was asked and has answered, for `replay`, or prints it; with `clear`, begins
 * again.
 */
export const record = async (path: string | undefined, flags: RecordFlags): Promise<void> => {
  const { json, clear, ...connection } = flags;
  const remote = new Remote(connection);
  if (clear) {
    const isAnything = (value: unknown): value is unknown => value !== undefined;
    await remote.ask('begin the recording again', 'recording', isAnything, { method: 'DELETE' });
    return json ? printJson({ cleared: true }) : print('The recording begins again.');
  }
  const pieces = await remote.recording();
  const { value: first } = await pieces.next();
  // Nothing is written before the answer begins as a recording does: another server has an answer to this path, too.
  if (!first?.toString().startsWith('{"data":{"version":')) {
    const reason = 'the answer is not from an emulator. Check --url';
    throw new EmulatorError(errorCodes.refused, `Failed to save the recording: ${reason}.`);
  }
  // Whether it is whole stands at its beginning.
  if (first.includes('"complete":false')) printError('The recording is incomplete: it reached its size limit.');
  const whole = all(first, pieces);
  if (path === undefined || path === '-') {
    for await (const bytes of whole) if (!(await writeOut(process.stdout, bytes))) return;
    print('');
    return;
  }
  const file = createWriteStream(path);
  await pipeline(whole, file).catch((error: unknown) => {
    if (error instanceof EmulatorError) throw error;
    const reason = (error as NodeJS.ErrnoException).code ?? toMessage(error);
    const message = `Failed to write the recording to ${path}: ${reason}. Choose another path.`;
    throw new EmulatorError(errorCodes.badOption, message, { cause: error });
  });
  if (json) printJson({ file: path, bytes: file.bytesWritten });
  else print(`The recording is in ${path}; cycle-scheduler replay serves it.`);
};

async function* all(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  yield first;
  yield* rest;
}
