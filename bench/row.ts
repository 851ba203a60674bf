import type { Line, Sampled } from './samples.ts';

/** One question of the bench and how it is answered. */
export type Row = {
  /** One letter; `--only` takes it. */
  readonly key: string;
  readonly title: string;
  readonly unit: 'ms' | 's' | 'MB' | 'claims/s';
  /** What the contenders did, and what keeps ours from being faster or smaller: a sentence or three. */
  readonly limits: string;
  readonly targets: readonly Target[];
  /** Leaves nothing behind, also where the effort's signal aborts. */
  measure(effort: Effort): Promise<readonly Sampled[]>;
};

/** What a quiet machine should show. */
export type Target = { readonly says: string; readonly isMet: (lines: Lines) => boolean };

export type Effort = {
  /** Few rounds, for CI: enough for ratios with wide margins. */
  readonly short: boolean;
  readonly signal: AbortSignal;
};

/** A row's lines by name; one that was not measured has nothing but NaN, which meets no target. */
export type Lines = (name: string) => Line;

export const toLookup =
  (lines: readonly Line[]): Lines =>
  (name) => {
    const nothing = { count: 0, p50: Number.NaN, p95: Number.NaN, p99: Number.NaN, beside: null, ratio: null };
    return lines.find((line) => line.name === name) ?? { name, ...nothing };
  };
