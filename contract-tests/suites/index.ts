import { type ContractSession, openContract as open, runContract as run } from '../kit/run.ts';
import type { ContractOptions } from '../model/options.ts';
import type { ContractResult } from '../model/result.ts';
import { allCases } from './all.ts';
import '../../src/shared/require-node.ts';

export type { Evidence, RecordedAnswer } from '../../src/profile/questions.ts';
export { type Question, type QuestionName, questions } from '../../src/profile/questions.ts';
export type { ContractCase } from '../kit/case.ts';
export type { ContractSession } from '../kit/run.ts';
export type {
  Bounds,
  CallbackOptions,
  ContractOptions,
  KnownDifference,
  LinkedOptions,
  Progress,
} from '../model/options.ts';
export type {
  Answers,
  CaseResult,
  Check,
  ContractResult,
  DefectSighting,
  Leftover,
  Level,
  Operation,
  Outcome,
  Step,
  Verdict,
} from '../model/result.ts';
export { type CatalogueEntry, toCatalogue } from '../report/catalogue.ts';
export { renderReports, writeReports } from '../report/write.ts';

export { allCases };

/**
 * Runs the contract against a scheduler and answers the result. Throws an EmulatorError where an option is impossible,
 * and for nothing else: a target that is not there is a verdict.
 */
export const runContract = (options: ContractOptions): Promise<ContractResult> => run(options, allCases);

/** A run case by case. Throws an EmulatorError where an option is impossible; `obstacle` says where there is no target. */
export const openContract = (options: ContractOptions): Promise<ContractSession> => open(options, allCases);
