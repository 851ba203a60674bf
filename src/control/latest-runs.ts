import { randomUUID } from 'node:crypto';
import type { Exit } from '../shared/types.ts';

/** The latest claim of an instance and what became of it; times are milliseconds since the epoch by the emulator's clock. */
export type LatestRun = {
  /** How many runs of the instance there were, with it. */
  readonly starts: number;
  /** Null where it is not known: another process began it. */
  readonly claimedAt: number | null;
  /** When it was spawned; null where it was not. */
  readonly startingAt: number | null;
  readonly runningAt: number | null;
  readonly stoppingAt: number | null;
  /** When the process, the start or the claim ended; null while it goes on. */
  readonly endedAt: number | null;
  /** Why it was stopped; null where it was not. */
  readonly stoppedFor: 'release' | 'max-runtime' | 'health' | null;
  /** Null where no process has ended. */
  readonly exit: Exit | null;
  /** Why it did not start; null where it did. */
  readonly failure: string | null;
  /** The latest that was spawned, this one or one before; null where none was. */
  readonly spawned: { readonly at: number; readonly exit: Exit | null } | null;
};

const none: LatestRun = {
  starts: 0,
  ...{ claimedAt: null, startingAt: null, runningAt: null, stoppingAt: null, endedAt: null },
  ...{ stoppedFor: null, exit: null, failure: null, spawned: null },
};

type Details = { readonly exit?: Exit; readonly reason?: string };
type Happening = Details & { readonly name: string; readonly at: number; readonly instanceId?: string | null };

const steps: Readonly<Record<string, (run: LatestRun, at: number, details: Details) => LatestRun>> = {
  'instance.claimed': ({ starts, spawned }, at) => ({ ...none, starts, spawned, claimedAt: at }),
  'instance.starting': (run, at) => ({
    ...run,
    starts: run.starts + 1,
    startingAt: at,
    spawned: { at, exit: null },
  }),
  'instance.running': (run, at) => ({
    ...run,
    starts: Math.max(run.starts, 1),
    runningAt: at,
    spawned: run.spawned ?? { at, exit: null },
  }),
  'container.instance.function.max_runtime': (run) => ({ ...run, stoppedFor: 'max-runtime' }),
  'container.instance.healthcheck.restarted': (run) => ({ ...run, stoppedFor: 'health' }),
  'instance.stopping': (run, at) => ({ ...run, stoppingAt: at, stoppedFor: run.stoppedFor ?? 'release' }),
  'instance.ended': (run, at, { exit = null }) => ({
    ...run,
    endedAt: at,
    exit,
    spawned: run.spawned && { ...run.spawned, exit },
  }),
  'container.instance.start.failed': (run, at, { reason = null }) => ({ ...run, endedAt: at, failure: reason }),
  'instance.claim-expired': (run, at) => ({ ...run, endedAt: at }),
  // After a release without a spawn, and after a reset, nothing else says so.
  'instance.available': (run, at) => ({ ...run, endedAt: run.endedAt ?? at }),
};

/** What became of the latest claim of each instance, from what happens. As many as the pools have places. */
export class LatestRuns {
  readonly #runs = new Map<string, LatestRun>();
  readonly #prefix = randomUUID();

  add({ name, at, instanceId, ...details }: Happening): void {
    const step = Object.hasOwn(steps, name) ? steps[name] : undefined;
    if (typeof instanceId !== 'string' || step === undefined) return;
    const run = this.#runs.get(instanceId);
    if (run !== undefined || name === 'instance.claimed' || name === 'instance.running')
      this.#runs.set(instanceId, step(run ?? none, at, details));
  }

  /** Names the run whose output a follower of the instance gets: while it is claimed, the one to come. */
  nameToFollow(instanceId: string): string {
    const { starts, startingAt, endedAt } = this.#runs.get(instanceId) ?? { ...none, endedAt: 0 };
    return `${this.#prefix}-${startingAt === null && endedAt === null ? starts + 1 : starts}`;
  }

  /** Null where the instance was not claimed yet. */
  of(instanceId: string): LatestRun | null {
    return this.#runs.get(instanceId) ?? null;
  }
}
