// All that a suite works with: the one import of each.
export { randomBytes } from 'node:crypto';
export type { Evidence, QuestionName } from '../../src/profile/questions.ts';
export { isOAuthError } from '../inspect/findings.ts';
export { excerpt, fieldOf, type JsonRecord, textOf, timeOf } from '../model/json.ts';
export { type Operation, operationNames, Postponed } from '../model/result.ts';
export { type ContractCase, group, numbered } from './case.ts';
export * from './leases.ts';
export { expiryMs, leaseMs } from './limits.ts';
export * from './linked.ts';
export type { LinkedCall, LinkedReply } from './linked-call.ts';
export * from './odd-values.ts';
export * from './requests.ts';
export { changesNothing, documented, inferred, rules } from './rules.ts';
export type { TimedRun } from './run-context.ts';
export type { Scenario } from './scenario.ts';
