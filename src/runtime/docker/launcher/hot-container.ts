import type { ContainerId, InstanceId } from '../../../shared/ids.ts';
import type { ContainerSpec, Exit, OutputChunk } from '../../port.ts';
import { describeEnd, loadPublishedPorts, refuse } from '../container-api.ts';
import type { ContainerFactory } from '../container-factory.ts';
import { parseFrames, readGreeting } from '../output.ts';

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
export type HotContainer = {
  readonly dockerId: string;
  readonly exited: Promise<Exit>;
  readonly publishedPorts: Readonly<Record<number, number>>;
  /**
   * Lets the process become the function, its variables under these ones. Answers the function's output when it is
   * about to execute the command, and null where the wait was over, and nothing of the function has run.
   *
   * @throws EmulatorError `containerRefused` where the command cannot be executed, in the words of an ordinary start
   */
  open(environment: Readonly<Record<string, string>>): Promise<AsyncIterable<OutputChunk> | null>;
};

/**
 * Starts a container that was made with the launcher. The connection to its stdin is the launcher's lifeline: it ends
 * with it. The function's output comes over it, too.
 *
 * @param waiting has the container's ID until its launcher gets a block
 */
export const startHotContainer = async (
  factory: ContainerFactory,
  waiting: Set<string>,
  spec: ContainerSpec,
  dockerId: string,
): Promise<HotContainer> => {
  const { connection, exits } = factory.context;
  const container = connection.docker.getContainer(dockerId);
  const exited = exits.expect(dockerId);
  const stream = await factory.start(spec, dockerId, { stdin: true });
  const answer = readGreeting(launcherGreeting, parseFrames(stream));
  // A caller that releases the launcher gets the answer; before that it is the end of the container that matters.
  answer.catch(() => {});
  const publishedPorts = await loadPublishedPorts(connection, dockerId, spec);
  waiting.add(dockerId);
  void exited.then(() => waiting.delete(dockerId));
  return {
    dockerId,
    exited,
    publishedPorts,
    open: async (environment) => {
      waiting.delete(dockerId);
      if (!stream.writable) return null;
      stream.write(encodeBlock(environment));
      const unpausing = setTimeout(() => void container.unpause().catch(() => {}), answersWithinMs);
      // Broken off: what it said, if anything, is gone.
      const { said, rest } = await answer.catch(() => ({ said: '', rest: null }));
      clearTimeout(unpausing);
      if (said === launcherGreeting || said === '') return said === '' ? null : rest;
      throw refuse('start', spec.name, `${said.replace(launcherPrefix, '').trimEnd()}${describeEnd(await exited)}`);
    },
  };
};

/** The launcher of an instance that is the last to be tried, where all before it ended by themselves, too. */
const triesInARow = 3;

/** The exit codes of signals that people and engines send: HUP, INT, QUIT, KILL and TERM. */
const sentSignals: readonly number[] = [129, 130, 131, 137, 143];

/** A container that waits behind a launcher. */
type Waiting = { readonly spec: ContainerSpec; readonly exited: Promise<Exit>; readonly lost: Promise<string> };

/**
 * Counts launchers that end by themselves before a spawn: on an engine that does that to one, it does so to
 * the next, and its instance would be made for ever.
 */
export class LauncherEnds {
  readonly #inARow = new Map<InstanceId, number>();
  readonly #onGivenUp: (functionId: ContainerId, reason: string) => void;
  #absences = 0;

  /** @param onGivenUp gets the function that had better be cold, and why; perhaps more than once */
  constructor(onGivenUp: (functionId: ContainerId, reason: string) => void) {
    this.#onGivenUp = onGivenUp;
  }

  watch({ spec: { functionId, instanceId }, exited, lost }: Waiting): void {
    const madeAfter = this.#absences;
    const count = (this.#inARow.get(instanceId) ?? 0) + 1;
    // A container that is started or removed in the ordinary way is never lost, and the row ends with it.
    this.#inARow.delete(instanceId);
    void lost.then(async () => {
      const exit = await exited;
      if (!isItsOwn(exit) || this.#absences > madeAfter) return;
      this.#inARow.set(instanceId, count);
      if (count < triesInARow) return;
      const reason = `the launcher has ended by itself ${count} times in a row, before a spawn${describeEnd(exit)}`;
      this.#onGivenUp(functionId, reason);
    });
  }

  /** Launchers end with the connection to their engine, too. */
  engineWasAway(): void {
    this.#absences += 1;
    this.#inARow.clear();
  }
}

/** Of one that was removed it is unknown; what runs out of memory is killed by the kernel. */
const isItsOwn = ({ code, outOfMemory }: Exit): boolean =>
  outOfMemory || (code !== null && !sentSignals.includes(code));
