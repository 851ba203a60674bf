import type { Evidence, QuestionName } from '../../src/profile/questions.ts';
import type { Level, Operation } from '../model/result.ts';
import type { Source } from '../model/sources.ts';
import type { Scenario } from './scenario.ts';

/** What a case cannot do without; it is skipped, with the reason, where the target or the settings lack it. */
export type Need =
  | 'callback'
  | 'two-functions'
  | 'non-function'
  | 'linked'
  | 'second-host'
  | 'late-host'
  | 'silent-host';

/** What a case that waits holds of a function meanwhile. */
type Waits = {
  /** From its start to its end; infinite where it needs the whole function to itself. */
  readonly instances: number;
  /** It frees instances and claims them again: no case with `takesRest` may wait beside it, for that would take them. */
  readonly frees?: true;
  /** It takes what the others leave as well, so that none is free. */
  readonly takesRest?: true;
  /** It may wait at the second function, where there is one, and sees no other then. */
  readonly elsewhere?: true;
};

/** All of a case that cases of a group may share. */
export type Facts = {
  /** The strength of the requirement. Single checks may be weaker and say so. */
  readonly evidence: Evidence;
  /** Where the public texts say so: of each documented case. Its checks rest on the same unless they name another. */
  readonly source?: Source;
  readonly level: Level;
  readonly operations: readonly Operation[];
  readonly needs?: readonly Need[];
  /** The questions of the behaviour profile that it answers. */
  readonly questions?: readonly QuestionName[];
  /** It waits in line with all instances taken: what takes none may be asked at the same time. */
  readonly waitsInLine?: true;
  /** It mostly waits: with others of its kind it may wait at the same time. */
  readonly waits?: Waits;
  /** It leaves claims that only their ten seconds end: the earlier, the less is waited for them. */
  readonly leavesClaims?: true;
};

type CaseId = `${Uppercase<string>}-${number}`;

/** A test of the contract as data; the runner knows nothing else of it. */
export type ContractCase = Facts & {
  /** Stable: reports, known differences and CI configurations refer to it. Never used again for something else. */
  readonly id: CaseId;
  /** One sentence that says what a scheduler does. */
  readonly requirement: string;
  run(scenario: Scenario): Promise<void>;
};

type Run = ContractCase['run'];

/** Makes the cases of a group, each of which says only in what it differs from the others. */
export const group =
  (common: Facts) =>
  (id: CaseId, requirement: string, own: Run | (Partial<Facts> & { readonly run: Run })): ContractCase => {
    const { source, ...facts } = { ...common, ...(typeof own === 'function' ? { run: own } : own) };
    return {
      ...facts,
      ...(facts.evidence === 'documented' && source !== undefined ? { source } : {}),
      id,
      requirement,
    };
  };

/** An ID of three digits. */
export const numbered = (area: Uppercase<string>, number: number): CaseId =>
  `${area}-${String(number).padStart(3, '0') as `${number}`}`;

/** The case that explores. */
export const exploringCase = { id: 'EXPLORE-001', evidence: 'documented', level: 'claim' } as const;
