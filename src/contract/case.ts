import type { QuestionName } from './questions.ts';
import type { Scenario } from './scenario.ts';
import type { Source } from './sources.ts';
import type { Evidence, Level, Operation } from './vocabulary.ts';

/** What a case cannot do without; it is skipped, with the reason, where the target or the settings lack it. */
export type Need = 'callback' | 'two-functions' | 'non-function';

/** A test of the contract as data; the runner knows nothing else of it. */
export type ContractCase = {
  /** Stable: reports, known differences and CI configurations refer to it. Never used again for something else. */
  readonly id: `${Uppercase<string>}-${number}`;
  /** One sentence that says what a scheduler does. */
  readonly requirement: string;
  /** The strength of the requirement. Single checks may be weaker and say so. */
  readonly evidence: Evidence;
  /** Where the public texts say so: of each documented case. Its checks rest on the same unless they name another. */
  readonly source?: Source;
  readonly level: Level;
  readonly operations: readonly Operation[];
  readonly needs?: readonly Need[];
  /** The questions of the behaviour profile that it answers. */
  readonly questions?: readonly QuestionName[];
  /** It mostly waits, and holds that many instances meanwhile: with others of its kind it may wait at the same time. */
  readonly waits?: { readonly instances: number };
  run(scenario: Scenario): Promise<void>;
};
