import '../shared/require-node.ts';

export { allCases } from '../../contract-tests/suites/all.ts';
export type { Evidence, RecordedAnswer } from '../profile/questions.ts';
export { type Question, type QuestionName, questions } from '../profile/questions.ts';
export type { ContractCase } from './case.ts';
export { type CatalogueEntry, toCatalogue } from './catalogue.ts';
export type { Bounds, CallbackOptions, ContractOptions, KnownDifference, Progress } from './options.ts';
export { renderReports, writeReports } from './reports/write-reports.ts';
export type { Answers, CaseResult, Check, ContractResult, DefectSighting, Leftover, Step } from './result.ts';
export { runContract } from './run-contract.ts';
export { type ContractSession, openContract } from './session.ts';
export type { Level, Operation, Outcome, Verdict } from './vocabulary.ts';
