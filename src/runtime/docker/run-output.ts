import type { Readable } from 'node:stream';
import { Bell } from '../../shared/async.ts';
import type { Exit, OutputChunk, RuntimeEvent } from '../port.ts';
import type { DockerConnection, DockerInfo } from './connection.ts';
import { dial } from './dial.ts';
import { counting, createGiven, loss, readLog, readOn } from './engine-log.ts';

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

/**
 * What a process prints, from a connection that was there before it. Where that breaks because the engine goes away, the
 * engine's log has the rest.
 *
 * @param alreadyGone a line that was printed on stderr before the function, and is not in `printed` any more
 */
export async function* readAttached(
  { connection, info, outages }: OutputContext,
  dockerId: string,
  exited: Promise<Exit>,
  printed: AsyncIterable<OutputChunk>,
  alreadyGone = '',
): Output {
  const given = createGiven();
  given.stderr += Buffer.byteLength(alreadyGone);
  try {
    yield* counting(given, printed);
  } catch {
    // Cut or closed, it comes to the same.
  }
  if (!(await outages.anyBefore(exited))) return;
  if (!(await remembersStart(connection, dockerId))) yield loss;
  yield* readOn((options) => readLog(connection, dockerId, options), given, exited, info.product);
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
  { connection, info }: OutputContext,
  dockerId: string,
  exited: Promise<Exit>,
  greeting: string,
): Output {
  const given = createGiven();
  const read = (options?: { readonly follow: boolean }) => readLog(connection, dockerId, options);
  if (await beginsWith(greeting, read())) given.stderr += Buffer.byteLength(greeting);
  else yield loss;
  yield* readOn(read, given, exited, info.product);
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
