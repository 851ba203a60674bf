import type { ContainerSpec, OutputChunk, Run } from '../../port.ts';
import { describeEnd, refuse } from '../container-api.ts';
import { parseFrames, readGreeting } from '../output.ts';
import type { MadeContainer, SessionContainers } from '../session-containers.ts';

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

/** What the function prints, and its ports. */
type Opened = Pick<Run, 'publishedPorts'> & { readonly printed: AsyncIterable<OutputChunk> };

/**
 * Starts a container that was made with the launcher. The connection to its stdin is the launcher's lifeline: it ends
 * with it. The function's output comes over it, too.
 *
 * @param waiting has the container's ID until its launcher gets a block
 */
export const startHotContainer = async (
  containers: SessionContainers,
  waiting: Set<string>,
  spec: ContainerSpec,
  made: MadeContainer,
): Promise<HotContainer> => {
  const { connection } = containers.context;
  const { dockerId, exited } = made;
  const stream = await containers.start(spec, made, { stdin: true });
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
 * Whether the variables only add to the ones a container was made with, or change those: the launcher takes none away.
 * An empty HOME, too, is for the engine to fill.
 */
export const isLaidOver = (over: ContainerSpec['environment'], under: ContainerSpec['environment']): boolean =>
  Object.keys(under).every((key) => Object.hasOwn(over, key)) && over['HOME'] !== '';
