import type { Readable } from 'node:stream';
import type { OutputChunk } from '../port.ts';
import type { DockerProduct } from './answers.ts';
import type { DockerConnection } from './connection.ts';
import { dial } from './dial.ts';
import { parseFrames } from './output.ts';

const files = 3;
const fileMegabytes = 20;

/**
 * The engine's own log of a container, for output that no emulator was there to read: 60 MB of JSON on its disk, of which
 * the oldest third goes when they are full.
 */
export const logConfig = {
  Type: 'json-file',
  Config: { 'max-size': `${fileMegabytes}m`, 'max-file': `${files}` },
};

/** A log shorter than this is whole. A longer one may have lost its beginning; a margin for what is only estimated. */
const wholeBelowBytes = (files - 1) * fileMegabytes * 1_000_000 * 0.9;

/** What an entry takes on disk beside its text: names of fields, stream, time. */
const entryBytes = 72;

/** Says that some may be missing. */
export const loss: OutputChunk = { stream: 'stdout', data: new Uint8Array(), isLost: true };

type Given = Record<OutputChunk['stream'], number>;

/** How many bytes of each stream have been handed on; counted by `counting`, left out by `skipping`. */
export const createGiven = (): Given => ({ stdout: 0, stderr: 0 });

export async function* counting(given: Given, output: AsyncIterable<OutputChunk>): AsyncGenerator<OutputChunk, void> {
  for await (const chunk of output) {
    given[chunk.stream] += chunk.data.length;
    yield chunk;
  }
}

/**
 * What the engine has of a container's output, from its beginning on; with `follow` until it ends. A stream in either case,
 * where the client's own `logs` gathers what it does not follow.
 */
export async function* readLog(
  connection: DockerConnection,
  dockerId: string,
  { follow = false, signal }: { readonly follow?: boolean; readonly signal?: AbortSignal } = {},
): AsyncGenerator<OutputChunk, void> {
  try {
    const log = await dial<Readable>(connection, {
      path: `/containers/${dockerId}/logs?`,
      method: 'GET',
      options: { stdout: true, stderr: true, follow },
      statusCodes: { 200: true, 404: 'no such container', 500: 'server error' },
      ...(signal === undefined ? {} : { abortSignal: signal }),
    });
    yield* parseFrames(log);
  } catch {
    // Removed, out of reach or given up: what came so far is all.
  }
}

/**
 * What the engine's log has beyond what was given: what is there, what comes, and then once more what is there, for an
 * engine may end what it lets one follow before the last of it is out (https://github.com/moby/moby/issues/43860).
 * Podman even leaves lines out of it when the container ends: there, what is followed only says that there is more to read.
 */
export async function* readOn(
  read: (options?: { readonly follow: boolean }) => AsyncIterable<OutputChunk>,
  given: Given,
  exited: Promise<unknown>,
  product: DockerProduct,
): AsyncGenerator<OutputChunk, void> {
  let isWhole = true;
  const rest = async function* (log: AsyncIterable<OutputChunk>): AsyncGenerator<OutputChunk, void> {
    const left = { ...given };
    let storedBytes = 0;
    for await (const { stream, data } of log) {
      storedBytes += data.length + entryBytes;
      const known = Math.min(left[stream], data.length);
      left[stream] -= known;
      given[stream] += data.length - known;
      if (known < data.length) yield { stream, data: data.subarray(known) };
    }
    if (isWhole && storedBytes >= wholeBelowBytes) yield loss;
    isWhole &&= storedBytes < wholeBelowBytes;
  };
  yield* rest(read());
  if (product === 'Podman') {
    const followed = createGiven();
    for await (const _ of counting(followed, read({ follow: true }))) {
      if (followed.stdout > given.stdout || followed.stderr > given.stderr) yield* rest(read());
    }
  } else yield* rest(read({ follow: true }));
  await exited;
  yield* rest(read());
}
