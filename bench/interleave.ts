/** What one contender does in one round; answers its samples of that round. */
export type Turn = () => Promise<number | readonly number[]>;

export type Rounds = {
  readonly rounds: number;
  /** Rounds before, whose samples do not count; none without it. */
  readonly warmUp?: number;
  readonly signal: AbortSignal;
};

/**
 * Lets contenders take turns, so that a machine that grows slower does so for all of them. Every other round goes the
 * other way, so that none always comes after the same one.
 */
export const interleave = async <Name extends string>(
  contenders: Readonly<Record<Name, Turn>>,
  { rounds, warmUp = 0, signal }: Rounds,
): Promise<Readonly<Record<Name, readonly number[]>>> => {
  const names = Object.keys(contenders) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = -warmUp; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      signal.throwIfAborted();
      const measured = [await contenders[name]()].flat();
      if (round >= 0) samples[name].push(...measured);
    }
  }
  return samples;
};

/** Milliseconds that the work takes. */
export const msOf = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};
