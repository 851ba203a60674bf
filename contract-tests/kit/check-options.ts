import { renderValue } from '../../src/shared/render-value.ts';
import { didYouMean } from '../../src/shared/suggest.ts';
import { isRecord } from '../model/json.ts';
import type { ContractOptions } from '../model/options.ts';
import { boundKinds, callbackKinds, type Kind, optionKinds } from './option-kinds.ts';
import type { Problem } from './problems.ts';

type Sources = ContractOptions['sources'];
type Kinds = Readonly<Record<string, Kind>>;

/** The name by which a value was given: the source of its setting, or the option of a program. */
export const nameOf = (sources: Sources, setting: string | undefined, option: string): string => {
  if (sources === undefined || setting === undefined) return `option "${option}"`;
  return sources[setting] ?? `--${setting}`;
};

/** All that is wrong with options that no compiler may have looked at, each by itself. One that is undefined counts as left out. */
export const findProblems = (options: unknown): readonly Problem[] => {
  if (!isRecord(options)) {
    return [
      { reason: `the options are ${show(options)}`, advice: 'Give an object with url, accessKey and containers' },
    ];
  }
  const sources = isRecord(options['sources']) ? (options['sources'] as Sources) : undefined;
  const { bounds, callback } = options;
  return [
    ...findIn(optionKinds, options, '', sources),
    ...(isRecord(bounds) ? findIn(boundKinds, bounds, 'bounds.', sources) : []),
    ...(isRecord(callback) ? findIn(callbackKinds, callback, 'callback.', sources) : []),
  ];
};

const findIn = (
  kinds: Kinds,
  given: Readonly<Record<string, unknown>>,
  prefix: string,
  sources: Sources,
): readonly Problem[] => {
  const unknown = Object.keys(given).filter((name) => given[name] !== undefined && !Object.hasOwn(kinds, name));
  return [
    ...Object.entries(kinds).flatMap(([name, kind]) => {
      const problem = findProblem(kind, given[name], nameOf(sources, kind.setting, `${prefix}${name}`));
      return problem === null ? [] : [problem];
    }),
    ...unknown.map((name) => ({
      reason: `there is no option "${prefix}${name}"${didYouMean(name, Object.keys(kinds)).replace(/\?$/, '')}`,
      advice: 'Correct its name, or leave it out',
    })),
  ];
};

const findProblem = (kind: Kind, value: unknown, name: string): Problem | null => {
  const advice = `Give ${kind.wanted}`;
  if (value === undefined) return kind.isRequired ? { reason: `${name} is missing`, advice } : null;
  if (kind.isList) return findInList(kind, value, name);
  if (kind.is(value)) return null;
  const inUnits = typeof value === 'number' ? value / (kind.scale ?? 1) : value;
  return { reason: `${name} is ${show(inUnits, kind)}`, advice };
};

const findInList = ({ is, wanted, mayBeEmpty }: Kind, value: unknown, name: string): Problem | null => {
  if (!Array.isArray(value)) return { reason: `${name} is ${show(value)}`, advice: `Give a list: ${wanted}` };
  // An empty list of cases to run would run all of them.
  if (value.length === 0 && !mayBeEmpty) return { reason: `${name} is empty`, advice: `Give ${wanted}` };
  const odd = value.findIndex((entry) => !is(entry));
  return odd < 0 ? null : { reason: `${name} has ${show(value[odd])}`, advice: `Give ${wanted}` };
};

const show = (value: unknown, kind?: Kind): string => {
  if (typeof value === 'function') return 'a function';
  return kind?.show?.(value) ?? renderValue(value, { hidden: false });
};
