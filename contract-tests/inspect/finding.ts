import type { Evidence } from '../../src/profile/questions.ts';
import type { DefectNumber } from '../model/result.ts';
import type { Source } from '../model/sources.ts';

/** Something in a response that is not as it should be. */
export type Finding = {
  readonly evidence: Evidence;
  /** Where the public texts say so; of documented rules. */
  readonly source?: Source;
  readonly rule: string;
  readonly expected: string;
  readonly came: string;
};

/** What an inspection comes to; defects are those of the description that the response would have fallen foul of. */
export type Inspection = { readonly findings: readonly Finding[]; readonly defects: readonly DefectNumber[] };

export const noFindings: Inspection = { findings: [], defects: [] };

export const merge = (parts: readonly Inspection[]): Inspection => ({
  findings: parts.flatMap(({ findings }) => findings),
  defects: [...new Set(parts.flatMap(({ defects }) => defects))],
});
