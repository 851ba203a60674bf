import { setTimeout as pause } from 'node:timers/promises';
import type { callerAt } from './caller.ts';

type Caller = ReturnType<typeof callerAt>;

/** Callers at work. */
export type Load = {
  /** Resolves once so many more runs have been begun and ended, or rejects with what a caller met with. */
  runs(count: number): Promise<void>;
  /** Resolves once every caller has finished what it was doing, with how often which answer came: `spawn 200`. */
  stop(): Promise<Readonly<Record<string, number>>>;
};

/** How soon a caller that was turned away comes again. */
const comeAgainAfterMs = 50;

/** Each caller claims, spawns and releases as fast as it is answered; every second run has variables of its own. */
export const startLoad = (callers: readonly Caller[]): Load => {
  const answers: Record<string, number> = {};
  let isOver = false;
  let done = 0;
  let wake = Promise.withResolvers<void>();

  const count = (operation: string, { status, code = '' }: { status: number; code?: string | undefined }): boolean => {
    const key = `${operation} ${status === 200 ? status : code}`;
    answers[key] = (answers[key] ?? 0) + 1;
    return status === 200;
  };

  const work = async (caller: Caller, place: number): Promise<void> => {
    const token = `load-${place}`;
    while (!isOver) {
      const claim = await caller.claim(token);
      if (!count('claim', claim)) {
        await pause(comeAgainAfterMs);
        continue;
      }
      const { instance_id: id } = claim.data as { instance_id: string };
      const isSpawned = count('spawn', await caller.spawn(id, done % 2 === 0 ? {} : { RUN: String(done) }, token));
      if (isSpawned && count('release', await caller.release(id, token))) done += 1;
      wake.resolve();
      wake = Promise.withResolvers();
    }
  };

  const working = Promise.all(callers.map(work));
  const failed = working.then(() => new Promise<never>(() => {}));
  return {
    runs: async (wanted) => {
      const goal = done + wanted;
      while (done < goal) await Promise.race([wake.promise, failed]);
    },
    stop: async () => {
      isOver = true;
      await working;
      return answers;
    },
  };
};
