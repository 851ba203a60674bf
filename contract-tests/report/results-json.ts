import type { ContractResult } from '../model/result.ts';

/** The format's own version: raised when something is taken away or changes its meaning. */
const resultsVersion = 1;

/** The result as JSON; docs/contract-results.schema.json describes it. */
export const toResultsJson = (result: ContractResult): string =>
  `${JSON.stringify({ format: 'cycle-scheduler-contract-results', version: resultsVersion, ...result }, null, 2)}\n`;
