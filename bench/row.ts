import type { Line, Sampled } from './samples.ts';

/** One question of the bench and how it is answered. */
export type Row = {
  /** One letter; `--only` takes it. */
  readonly key: string;
  readonly title: string;
  readonly unit: 'ms' | 's' | 'MB' | 'claims/s' | 'runs/s';
  /** What the contenders did, and what keeps ours from being faster or smaller: a sentence or three. */
  readonly limits: string;
  /** @param docker the engine's version */
  targets(docker: string): readonly Target[];
  /** Leaves nothing behind, also where the effort's signal aborts. */
  measure(effort: Effort): Promise<readonly Sampled[]>;
};

/** What a quiet machine should show. */
export type Target = {
  readonly says: string;
  readonly isMet: (lines: Lines) => boolean;
  /** The ratio that it is about, where it is about one. */
  readonly ratio?: (lines: Lines) => number;
};

/** That a line's median is at most, or at least, so many times that of another. */
export const times = (name: string, sign: '≤' | '≥', limit: number, peer: string): Target => {
  const ratio = (lines: Lines): number => lines(name).p50 / lines(peer).p50;
  const isMet = (lines: Lines): boolean => (sign === '≤' ? ratio(lines) <= limit : ratio(lines) >= limit);
  return { says: `${name} ${sign} ${limit} × ${peer}`, isMet, ratio };
};

/** A goal that depends on what a network costs: on Docker 20.10 three quarters of a start, on later engines a third of one. */
export const goalOn = (docker: string, on2010: number, later: number): number =>
  docker.startsWith('20.10.') ? on2010 : later;

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
