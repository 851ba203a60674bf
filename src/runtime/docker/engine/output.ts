import type { Readable } from 'node:stream';
import { Bell } from '../../../shared/async.ts';
import type { Exit, OutputChunk, RuntimeEvent } from '../../port.ts';
import type { DockerConnection, DockerInfo } from './connection.ts';
import { dial } from './connection.ts';

const headerBytes = 8;
const stderrMark = 2;

/**
 * The engine sends frames: one byte for the stream, three of nothing, four for the length, then the output itself. It is
 * handed on as it arrives: nothing waits for the end of a frame.
 */
export async function* parseFrames(stream: AsyncIterable<Uint8Array>): AsyncGenerator<OutputChunk, void> {
  const header = Buffer.alloc(headerBytes);
  let known = 0;
  let left = 0;
  for await (let bytes of stream) {
    while (bytes.length > 0) {
      const part = bytes.subarray(0, left === 0 ? headerBytes - known : left);
      bytes = bytes.subarray(part.length);
      if (left > 0) {
        left -= part.length;
        yield { stream: streamOf(header), data: part };
        continue;
      }
      header.set(part, known);
      known = (known + part.length) % headerBytes;
      if (known === 0) left = header.readUInt32BE(4);
    }
  }
}

const streamOf = (header: Buffer): OutputChunk['stream'] => (header[0] === stderrMark ? 'stderr' : 'stdout');

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
const loss: OutputChunk = { stream: 'stdout', data: new Uint8Array(), isLost: true };

/** Knows when the engine was away. */
export class Outages {
  #count = 0;
  #isAway = false;
  readonly #over = new Bell();

  on({ type }: RuntimeEvent): void {
    if (type === 'unavailable') {
      this.#count += 1;
      this.#isAway = true;
    } else if (type === 'available') {
      this.#isAway = false;
      this.#over.ring();
    }
  }

  /** Whether the engine is away now or goes away before the run ends. Answers when it is back, or when the run has ended. */
  async anyBefore(exited: Promise<unknown>): Promise<boolean> {
    const past = this.#count - (this.#isAway ? 1 : 0);
    await Promise.race([exited, this.#over.rings]);
    return this.#count > past;
  }
}

type OutputContext = {
  readonly connection: DockerConnection;
  readonly info: Pick<DockerInfo, 'product'>;
  readonly outages: Outages;
};
type Output = AsyncGenerator<OutputChunk, void>;

/** How many bytes of each stream have been handed on. */
type Given = Record<OutputChunk['stream'], number>;

/**
 * What a process prints, from a connection that was there before it. Where that breaks because the engine goes away, the
 * engine's log has the rest.
 *
 * @param alreadyGone a line that was printed on stderr before the function, and is not in `printed` any more
 */
export async function* readAttached(
  context: OutputContext,
  dockerId: string,
  exited: Promise<Exit>,
  printed: AsyncIterable<OutputChunk>,
  alreadyGone = '',
): Output {
  const given: Given = { stdout: 0, stderr: Buffer.byteLength(alreadyGone) };
  try {
    for await (const chunk of printed) {
      given[chunk.stream] += chunk.data.length;
      yield chunk;
    }
  } catch {
    // Cut or closed, it comes to the same.
  }
  if (!(await context.outages.anyBefore(exited))) return;
  if (!(await remembersStart(context.connection, dockerId))) yield loss;
  yield* readOn(context, dockerId, exited, given);
}

const rememberedWithinMs = 5_000;

/**
 * Whether the engine still knows the event of the container's start. Docker keeps the latest 256 in memory: one that has
 * none has been started again, and what it had taken from the process and not written yet, up to a megabyte, went with it.
 */
const remembersStart = async (connection: DockerConnection, dockerId: string): Promise<boolean> => {
  const until = Math.floor(Date.now() / 1_000);
  try {
    const events = await dial<Readable>(connection, {
      path: '/events?',
      method: 'GET',
      options: { since: 0, until, filters: JSON.stringify({ container: [dockerId], event: ['start'] }) },
      statusCodes: { 200: true, 500: 'server error' },
      abortSignal: AbortSignal.timeout(rememberedWithinMs),
    });
    for await (const _event of events) return true;
  } catch {
    // What it does not send, it may have forgotten.
  }
  return false;
};

/** What the process of an earlier emulator has printed and prints, as far as the engine's log has it. */
export async function* readResumed(
  context: OutputContext,
  dockerId: string,
  exited: Promise<Exit>,
  greeting: string,
): Output {
  const isWhole = await beginsWith(greeting, readLog(context.connection, dockerId));
  if (!isWhole) yield loss;
  yield* readOn(context, dockerId, exited, { stdout: 0, stderr: isWhole ? Buffer.byteLength(greeting) : 0 });
}

/** How much of stdout an engine may have written before a line of stderr that was printed first. */
const aheadBytes = 65_536;

/**
 * Whether the first that is left of stderr is that line. A long log is not read through for it: the run has ended perhaps,
 * and what it has printed is waited for only as long as some of it comes.
 */
const beginsWith = async (line: string, log: AsyncIterable<OutputChunk>): Promise<boolean> => {
  let [text, ahead] = ['', 0];
  if (line === '') return true;
  for await (const { stream, data } of log) {
    if (stream === 'stderr') text += Buffer.from(data).toString('latin1');
    else ahead += data.length;
    if (text.length >= line.length || ahead > aheadBytes) break;
  }
  return text.startsWith(line);
};

/**
 * What the engine has of a container's output, from its beginning on; with `follow` until it ends. A stream in either case,
 * where the client's own `logs` gathers what it does not follow.
 */
export async function* readLog(
  connection: DockerConnection,
  dockerId: string,
  { follow = false, signal }: { readonly follow?: boolean; readonly signal?: AbortSignal } = {},
): Output {
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
async function* readOn(
  { connection, info }: OutputContext,
  dockerId: string,
  exited: Promise<Exit>,
  given: Given,
): Output {
  let isWhole = true;
  const rest = async function* (follow = false): Output {
    const left = { ...given };
    let storedBytes = 0;
    for await (const { stream, data } of readLog(connection, dockerId, { follow })) {
      storedBytes += data.length + entryBytes;
      const known = Math.min(left[stream], data.length);
      left[stream] -= known;
      given[stream] += data.length - known;
      if (known < data.length) yield { stream, data: data.subarray(known) };
    }
    if (isWhole && storedBytes >= wholeBelowBytes) yield loss;
    isWhole &&= storedBytes < wholeBelowBytes;
  };
  yield* rest();
  if (info.product === 'Podman') {
    const followed: Given = { stdout: 0, stderr: 0 };
    for await (const { stream, data } of readLog(connection, dockerId, { follow: true })) {
      followed[stream] += data.length;
      if (followed[stream] > given[stream]) yield* rest();
    }
  } else yield* rest(true);
  await exited;
  yield* rest();
}
