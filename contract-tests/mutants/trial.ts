import type { ContractOptions } from '../model/options.ts';
import type { ContractResult } from '../model/result.ts';
import { startToyScheduler, type ToyScheduler } from '../reference/toy-scheduler.ts';
import { runContract } from '../suites/index.ts';
import type { Expectation, Fault } from './fault.ts';

/** What a run made of a scheduler: the IDs of the cases that objected, by how strongly. */
export type Trial = {
  readonly result: ContractResult;
  readonly objections: { readonly [Strength in Expectation]: readonly string[] };
};

/** What a run against the toy needs, in its time instead of real time. */
export const toyOptions = (toy: ToyScheduler): ContractOptions => ({
  url: toy.url,
  accessKey: toy.accessKey,
  containers: toy.containerIds,
  nonFunctionContainer: toy.otherContainerId,
  advanceClock: toy.advance,
  callback: { mode: 'required' },
  requestTimeoutMs: 3_000,
  settleMs: 800,
  // Where nothing is answered every request takes its whole time: enough has been said by then.
  bounds: { maxSeconds: 40 },
  ledgerFolder: false,
  // What a case finds is to be its own; model-alone.ts explores.
  exploreSeconds: 0,
});

/** Strong statements first; a case that fails also satisfies who expects a warning. */
const strengths = ['fail', 'warn', 'info'] as const satisfies readonly Expectation[];

/** Runs the contract against the toy, spoilt by the fault where there is one. */
export const runTrial = async (fault: Fault | null, options: Partial<ContractOptions> = {}): Promise<Trial> => {
  await using toy = await startToyScheduler(fault?.apply);
  const result = await runContract({ ...toyOptions(toy), ...options });
  const objecting = (strength: Expectation): readonly string[] =>
    result.cases.filter(({ outcome }) => outcome === strength).map(({ id }) => id);
  return { result, objections: { fail: objecting('fail'), warn: objecting('warn'), info: objecting('info') } };
};

/** The cases that object at least as strongly as the fault deserves. */
export const findCatchers = ({ expect }: Fault, { objections }: Trial): readonly string[] =>
  strengths.slice(0, strengths.indexOf(expect) + 1).flatMap((strength) => objections[strength]);

/** One case by itself. */
export const runAlone = (fault: Fault | null, id: string): Promise<Trial> => runTrial(fault, { only: [id] });
