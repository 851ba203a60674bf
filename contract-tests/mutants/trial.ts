import type { ContractOptions } from '../model/options.ts';
import type { ContractResult } from '../model/result.ts';
import type { ReferenceGateway } from '../reference/gateway.ts';
import { type ReferenceScheduler, startReferenceScheduler } from '../reference/scheduler.ts';
import { allCases } from '../suites/all.ts';
import { runContract } from '../suites/index.ts';
import type { Expectation, Mutant } from './mutant.ts';

/** What a run made of a scheduler: the IDs of the cases that objected, by how strongly. */
export type Trial = {
  readonly result: ContractResult;
  readonly objections: { readonly [Strength in Expectation]: readonly string[] };
};

const linkedOptionsOf = ({ url, hosts, lateHost, silentHost }: ReferenceGateway) => ({
  url,
  hosts,
  lateHost,
  silentHost,
});

/** What a run against the reference scheduler needs, in its time instead of real time. */
export const referenceOptions = (reference: ReferenceScheduler, gateway: ReferenceGateway): ContractOptions => ({
  url: reference.url,
  accessKey: reference.accessKey,
  containers: reference.containerIds,
  nonFunctionContainer: reference.otherContainerId,
  advanceClock: reference.advance,
  callback: { mode: 'required' },
  linked: linkedOptionsOf(gateway),
  requestTimeoutMs: 3_000,
  settleMs: 800,
  // Where nothing is answered every request takes its whole time: enough has been said by then.
  bounds: { maxSeconds: 40 },
  ledgerFolder: false,
  // Named cases alone are to catch the mutant; model-alone.ts tries the exploration.
  exploreSeconds: 0,
});

/** The strongest first: a mutant that deserves a warning counts as caught by a failure, too. */
const strengths = ['fail', 'warn', 'info'] as const satisfies readonly Expectation[];

/** Runs the contract against the reference scheduler, changed as the mutant has it where there is one. */
export const runTrial = async (
  mutant: Mutant | null,
  options: Partial<ContractOptions> = {},
  // Histories of the API alone find more of a scheduler in the same time.
  isLinked = options.exploreSeconds === undefined || mutant?.gateway !== undefined,
): Promise<Trial> => {
  await using reference = await startReferenceScheduler(mutant?.change ?? {});
  await using gateway = await reference.openGateway(mutant?.gateway ?? {});
  const { linked, ...usual } = referenceOptions(reference, gateway);
  const result = await runContract({ ...usual, ...(isLinked && linked ? { linked } : {}), ...options });
  const objecting = (strength: Expectation): readonly string[] =>
    result.cases.filter(({ outcome }) => outcome === strength).map(({ id }) => id);
  return { result, objections: { fail: objecting('fail'), warn: objecting('warn'), info: objecting('info') } };
};

/** The cases that object at least as strongly as the mutant deserves. */
export const findCatchers = ({ expect }: Mutant, { objections }: Trial): readonly string[] =>
  strengths.slice(0, strengths.indexOf(expect) + 1).flatMap((strength) => objections[strength]);

/** One case by itself. */
export const runAlone = (mutant: Mutant | null, id: string): Promise<Trial> => runTrial(mutant, { only: [id] });

/** A case that catches the mutant also by itself, and has nothing against the reference scheduler. */
export const findCatcher = async (mutant: Mutant): Promise<string> => {
  const candidates = findCatchers(mutant, await runTrial(mutant));
  // Cases that did not object come last: a mutant that uses up the pool keeps later cases from being run at all.
  for (const id of new Set([...candidates, ...allCases.map((one) => one.id)])) {
    const isContent = (await runAlone(null, id)).result.cases.every(({ outcome }) => outcome === 'pass');
    if (isContent && findCatchers(mutant, await runAlone(mutant, id)).includes(id)) return id;
  }
  throw new Error(`No case catches ${mutant.name}: write one, or strike it.`);
};
