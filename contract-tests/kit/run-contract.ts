import type { ContractOptions } from '../model/options.ts';
import type { CaseResult, ContractResult } from '../model/result.ts';
import type { ContractCase } from './case.ts';
import { findAddress } from './preflight.ts';
import { type Chain, schedule } from './schedule.ts';
import { type ContractSession, openContract } from './session.ts';

/**
 * Runs the contract suite against a scheduler and returns the result. Throws an EmulatorError where an option is impossible,
 * and for nothing else: a target that is not there is a verdict.
 */
export const runContract = async (
  options: ContractOptions,
  known: readonly ContractCase[],
): Promise<ContractResult> => {
  const session = await openContract(options, known);
  const { cases, run, settings } = session;
  if (run === null) return await session.finish();
  const [first = '', second = ''] = settings.containers;
  const instances = (): number => run.capacities.get(first) ?? 1;
  const elsewhere = (): number => run.free.get(second) ?? 0;
  let lost: string | null = null;
  for (const together of schedule(cases, run.clock.isMovable, instances, elsewhere)) {
    if (session.ended !== null) break;
    const results = await Promise.all(together.map((chain) => runChain(session, chain)));
    lost = await findLoss(session, results.flat());
    if (lost !== null) break;
  }
  return await session.finish(lost);
};

const runChain = async (session: ContractSession, chain: Chain): Promise<readonly CaseResult[]> => {
  const results: CaseResult[] = [];
  for (const { one, ...turn } of chain) {
    if (session.ended !== null) break;
    results.push(await session.runCase(one, turn));
  }
  return results;
};

/** Short, for it answers whether a port is open, on the same machine or in the same environment. */
const reachableWithinMs = 2_000;

/** Tells a target that is gone from one that does not answer a request. */
const findLoss = async ({ settings }: ContractSession, results: readonly CaseResult[]): Promise<string | null> => {
  const silent = results.find(({ steps }) => steps.some(({ failure }) => failure !== null));
  if (silent === undefined) return null;
  const address = await findAddress(settings.url, Math.min(reachableWithinMs, settings.requestTimeoutMs));
  if (!('reason' in address)) return null;
  return `Failed to reach the scheduler at ${settings.url.href} any longer: ${address.reason}. It was lost in ${silent.id}.`;
};
