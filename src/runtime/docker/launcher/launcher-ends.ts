import type { ContainerId, InstanceId } from '../../../shared/ids.ts';
import type { ContainerSpec, Exit } from '../../port.ts';
import { describeEnd } from '../container-api.ts';

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
