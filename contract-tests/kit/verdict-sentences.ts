import type { Verdict } from '../model/result.ts';
import { counted } from './counted.ts';

/** What a run has come to in numbers of cases, and of claims that are left over. */
export type Tally = {
  readonly error: number;
  readonly broken: number;
  /** Of those. */
  readonly brokenByStrictness: number;
  /** IDs of accepted deviations that are none any more. */
  readonly stale: readonly string[];
  readonly known: number;
  /** Those in which nothing documented is broken. */
  readonly kept: number;
  /** Of those and of the ones broken by strictness. */
  readonly remarks: number;
  readonly untried: number;
  readonly leftovers: number;
  /** How many seconds would have been enough; null where it was not for want of time that something was left out. */
  readonly enoughSeconds: number | null;
};

const cased = (count: number): string => counted(count, 'case');
const are = (count: number, one: string, many: string): string => (count === 1 ? one : many);
const unless = (isEmpty: boolean, text: () => string): string => (isEmpty ? '' : text());

const butKnown = ({ known }: Tally): string =>
  unless(known === 0, () => ` but for ${counted(known, 'known difference')}`);

const strictly = ({ broken, brokenByStrictness: count }: Tally): string =>
  unless(count === 0, () => `, ${count < broken ? `${count} of them ` : ''}only by --strict`);

const ofStale = ({ stale }: Tally): string => {
  const ids = stale.join(', ');
  if (stale.length === 1) return `A known difference is none any more: take ${ids} off the list.`;
  return `${stale.length} known differences are none any more: take ${ids} off the list.`;
};

const ofBroken = (tally: Tally): readonly string[] => {
  const { broken, known, stale, untried } = tally;
  return [
    unless(broken === 0, () => `The scheduler breaks the contract in ${cased(broken)}${strictly(tally)}.`),
    unless(broken * known === 0, () => `${counted(known, 'known difference')} ${are(known, 'is', 'are')} not counted.`),
    unless(stale.length === 0, () => ofStale(tally)),
    unless(untried === 0, () => `${cased(untried)} ${are(untried, 'was', 'were')} not tried.`),
  ];
};

const ofConforming = (tally: Tally): readonly string[] => {
  const { kept, remarks } = tally;
  if (kept === 0) return [`The scheduler conforms${butKnown(tally)}, and nothing else was judged.`];
  return [
    `The scheduler conforms${butKnown(tally)}: it keeps the contract in ${cased(kept)}.`,
    unless(remarks === 0, () => `In ${cased(remarks)} it differs in what nothing documents.`),
  ];
};

const ofIncomplete = ({ untried, kept, known }: Tally): string =>
  [
    `Not all was tried, so it is not said that the scheduler conforms: ${cased(untried)} left out`,
    `${kept === 0 ? 'none' : kept} kept`,
    ...(known === 0 ? [] : [counted(known, 'known difference')]),
  ].join(', ');

const ofEnough = ({ enoughSeconds }: Tally): string =>
  unless(enoughSeconds === null, () => `By its pace --max-seconds ${enoughSeconds} would be enough.`);

const joined = (sentences: readonly string[]): string => sentences.filter(Boolean).join(' ');

/** Each verdict in words. That of a target which is not there has its own reason. */
export const sentences: { readonly [Name in Exclude<Verdict, 'unreachable'>]: (tally: Tally) => string } = {
  conforms: (tally) => joined(ofConforming(tally)),
  broken: (tally) => joined(ofBroken(tally)),
  incomplete: (tally) => joined([`${ofIncomplete(tally)}.`, ofEnough(tally)]),
  'nothing-said': () => 'No documented case ran to its end, so the run does not judge the scheduler.',
  leftovers: (tally) =>
    `The contract holds${butKnown(tally)}; ${counted(tally.leftovers, 'claim')} could not be given back. Run cycle-scheduler contract cleanup.`,
  'suite-error': ({ error }) => `The suite itself failed in ${cased(error)}.`,
  interrupted: () => 'The run was stopped before its end.',
};
