import type { Duplex } from 'node:stream';
import type { ContainerSpec, OutputChunk, Run } from '../../port.ts';
import { describeEnd, refuse } from '../engine/container-api.ts';
import { parseFrames } from '../engine/output.ts';
import type { MadeContainer, SessionContainers } from './session-containers.ts';

/** What the launcher waits for, laid out as launcher.c says: the variables that it lays over its own. */
export const encodeBlock = (environment: Readonly<Record<string, string>>): Buffer => {
  const entries = Buffer.from(
    Object.entries(environment)
      .map(([name, value]) => `${name}=${value}\0`)
      .join(''),
  );
  const header = Buffer.from('GATE\0\0\0\0');
  header.writeUInt32LE(entries.length, 4);
  return Buffer.concat([header, entries]);
};

/** What the launcher prints last, when it has found the command. No output of the function. */
export const launcherGreeting = 'cycle-gate: starting\n';
/** Begins each line of the launcher's own. */
export const launcherPrefix = 'cycle-gate: ';

/** A launcher takes a millisecond or two. One that prints nothing for so long may be paused. */
const answersWithinMs = 1_000;

/** A container that runs and whose process waits to become the function. */
export type HotContainer = MadeContainer & {
  /**
   * Lets the process become the function, its variables under these ones. Answers when it is about to execute the command,
   * and null where the wait was over, and nothing of the function has run.
   *
   * @throws EmulatorError `containerRefused` where the command cannot be executed, in the words of an ordinary start
   */
  open(environment: Readonly<Record<string, string>>): Promise<Opened | null>;
};

type Opened = Pick<Run, 'publishedPorts'> & { readonly printed: AsyncIterable<OutputChunk> };

/**
 * A container that was made with the launcher, and started.
 *
 * @param waiting has the container's ID until its launcher gets a block
 * @param stream the launcher's lifeline: it ends with it. The function's output comes over it, too
 */
export const toHotContainer = async (
  containers: SessionContainers,
  waiting: Set<string>,
  spec: ContainerSpec,
  made: MadeContainer,
  stream: Duplex,
): Promise<HotContainer> => {
  const { connection } = containers.context;
  const { dockerId, exited } = made;
  const answer = readGreeting(launcherGreeting, parseFrames(stream));
  // A caller that releases the launcher gets the answer; before that it is the end of the container that matters.
  answer.catch(() => {});
  const publishedPorts = await containers.publishedPortsOf(spec, made);
  waiting.add(dockerId);
  void exited.then(() => waiting.delete(dockerId));
  return {
    ...made,
    open: async (environment) => {
      waiting.delete(dockerId);
      if (!stream.writable) return null;
      stream.write(encodeBlock(environment));
      const unpause = (): Promise<void> => connection.docker.getContainer(dockerId).unpause();
      const unpausing = setTimeout(() => void unpause().catch(() => {}), answersWithinMs);
      // Broken off: what it said, if anything, is gone.
      const { said, rest: printed } = await answer.catch(() => ({ said: '', rest: null }));
      clearTimeout(unpausing);
      if (said === '' || printed === null) return null;
      if (said === launcherGreeting) return { printed, publishedPorts };
      throw refuse('start', spec.name, `${said.replace(launcherPrefix, '').trimEnd()}${describeEnd(await exited)}`);
    },
  };
};

/**
 * Reads until it is clear whether stderr begins with a line that something else has printed before the function. Answers
 * what was printed there, that line or all until the end, and everything that comes after it.
 */
export const readGreeting = async (
  greeting: string,
  output: AsyncGenerator<OutputChunk, void>,
): Promise<{ readonly said: string; readonly rest: AsyncGenerator<OutputChunk, void> }> => {
  const expected = Buffer.from(greeting);
  const early: OutputChunk[] = [];
  let said = Buffer.alloc(0);
  while (!said.subarray(0, expected.length).equals(expected)) {
    const { done, value } = await output.next();
    if (done) return { said: said.toString(), rest: chain(early, output) };
    if (value.stream === 'stdout') early.push(value);
    else said = Buffer.concat([said, value.data]);
  }
  const after = said.subarray(expected.length);
  return { said: greeting, rest: chain([...early, { stream: 'stderr', data: after }], output) };
};

async function* chain(early: readonly OutputChunk[], output: AsyncGenerator<OutputChunk, void>): typeof output {
  yield* early;
  yield* output;
}

/**
 * Whether the variables only add to the ones a container was made with, or change those: the launcher takes none away.
 * An empty HOME, too, is for the engine to fill.
 */
export const isLaidOver = (over: ContainerSpec['environment'], under: ContainerSpec['environment']): boolean =>
  Object.keys(under).every((key) => Object.hasOwn(over, key)) && over['HOME'] !== '';
