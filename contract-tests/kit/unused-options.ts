import type { ContractOptions } from '../model/options.ts';
import { includesLevel, type Level } from '../model/result.ts';
import { type ContractCase, exploringCase } from './case.ts';
import { nameOf } from './check-options.ts';
import type { Problem } from './problems.ts';

type Chosen = { readonly level: Level; readonly cases: readonly ContractCase[] };

type Rule = {
  readonly option: string;
  readonly setting: string;
  /** Whether something is asked for by it: what asks for nothing gets that always. */
  readonly isGiven: (options: ContractOptions) => boolean;
  readonly isUsed: (chosen: Chosen) => boolean;
  readonly reason: string;
};

const explores = ({ cases }: Chosen): boolean => cases.some(({ id }) => id === exploringCase.id);
/** The run's level, not the case's own, says what the exploration may do. */
const reaches = (chosen: Chosen, wanted: Level): boolean =>
  chosen.cases.some(({ level }) => includesLevel(level, wanted)) ||
  (explores(chosen) && includesLevel(chosen.level, wanted));
const looksInside = ({ cases }: Chosen): boolean => cases.some(({ needs = [] }) => needs.includes('callback'));
const reachesByHttp = ({ cases }: Chosen): boolean => cases.some(({ needs = [] }) => needs.includes('linked'));
const isGivenBy =
  (setting: string): Rule['isGiven'] =>
  ({ sources = {} }) =>
    sources[setting] !== undefined;

/**
 * What says how a run goes has to have an effect. What says how the target is (`non-function` and below) programs may hand
 * to every run; as a setting it has to have one, too.
 */
const rules: readonly Rule[] = [
  {
    option: 'exploreSeconds',
    setting: 'explore',
    isGiven: ({ exploreSeconds = 0 }) => exploreSeconds > 0,
    isUsed: explores,
    reason: `${exploringCase.id} is not among them`,
  },
  {
    option: 'seed',
    setting: 'seed',
    isGiven: ({ seed }) => seed !== undefined,
    isUsed: explores,
    reason: 'nothing is explored',
  },
  {
    option: 'bounds.maxClaims',
    setting: 'max-claims',
    isGiven: ({ bounds }) => (bounds?.maxClaims ?? 0) > 0,
    isUsed: (chosen) => reaches(chosen, 'claim'),
    reason: 'none of them is to reserve an instance',
  },
  {
    option: 'bounds.maxSpawns',
    setting: 'max-spawns',
    isGiven: ({ bounds }) => (bounds?.maxSpawns ?? 0) > 0,
    isUsed: (chosen) => reaches(chosen, 'lifecycle'),
    reason: 'none of them is to start an instance',
  },
  {
    option: 'nonFunctionContainer',
    setting: 'non-function',
    isGiven: isGivenBy('non-function'),
    isUsed: ({ cases }) => cases.some(({ needs = [] }) => needs.includes('non-function')),
    reason: 'none of them asks about such a container',
  },
  {
    option: 'endsByItself',
    setting: 'ends-by-itself',
    isGiven: (options) => isGivenBy('ends-by-itself')(options) && options.endsByItself === true,
    isUsed: (chosen) => reaches(chosen, 'lifecycle'),
    reason: 'none of them starts a function',
  },
  ...['callback', 'callback-url', 'callback-host', 'callback-port'].map((setting) => ({
    option: setting,
    setting,
    isGiven: (options: ContractOptions) => isGivenBy(setting)(options) && options.callback?.mode !== 'off',
    isUsed: looksInside,
    reason: 'none of them looks into a function',
  })),
  ...['linked-url', 'linked-host', 'linked-late-host', 'linked-silent-host'].map((setting) => ({
    option: setting,
    setting,
    isGiven: isGivenBy(setting),
    isUsed: (chosen: Chosen) => reachesByHttp(chosen) || (explores(chosen) && reaches(chosen, 'lifecycle')),
    reason: 'none of them reaches a function over HTTP',
  })),
];

/** Options that ask for something which no case chosen does. */
export const findUnused = (options: ContractOptions, chosen: Chosen): readonly Problem[] =>
  rules
    .filter(({ isGiven, isUsed }) => isGiven(options) && !isUsed(chosen))
    .map(({ option, setting, reason }) => ({
      reason: `${nameOf(options.sources, setting, option)} has no effect on the cases of this run (level ${chosen.level}): ${reason}`,
      advice: 'Leave it out, or choose other cases by level, only and skip',
    }));
