/** What was measured of one contender, in the row's unit. */
export type Sampled = {
  readonly name: string;
  readonly samples: readonly number[];
  /** The contender that it is held against, by name. */
  readonly beside?: string;
};

/** One of all contenders' samples by name; none where it was not measured. */
export const toSampled = (
  samples: Readonly<Record<string, readonly number[]>>,
  name: string,
  beside?: string,
): Sampled => ({ name, samples: samples[name] ?? [], ...(beside === undefined ? {} : { beside }) });

/** The same in short. */
export type Line = {
  readonly name: string;
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly beside: string | null;
  /** Its median over that of the contender beside it. */
  readonly ratio: number | null;
};

/** The value below which the share of the samples lies; 0.5 is the median. */
const quantile = (samples: readonly number[], share: number): number =>
  samples.toSorted((one, other) => one - other)[Math.min(samples.length - 1, Math.floor(samples.length * share))] ??
  Number.NaN;

export const toLines = (all: readonly Sampled[]): readonly Line[] =>
  all.map(({ name, samples, beside }) => {
    const p50 = quantile(samples, 0.5);
    const peer = all.find((other) => other.name === beside);
    return {
      name,
      count: samples.length,
      p50,
      p95: quantile(samples, 0.95),
      p99: quantile(samples, 0.99),
      beside: beside ?? null,
      ratio: peer === undefined ? null : p50 / quantile(peer.samples, 0.5),
    };
  });
