import { renderValue } from '../../src/shared/render-value.ts';
import { isRecord } from '../model/json.ts';
import type { ContractOptions } from '../model/options.ts';
import type { OptionSpec, OptionSpecs } from './option-spec.ts';
import { optionSpecs } from './option-specs.ts';
import { hintAt, type Problem } from './problems.ts';

type Sources = ContractOptions['sources'];

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
  return findIn(optionSpecs, options, '', sources);
};

const findIn = (
  specs: OptionSpecs,
  given: Readonly<Record<string, unknown>>,
  prefix: string,
  sources: Sources,
): readonly Problem[] => {
  const unknown = Object.keys(given).filter((name) => given[name] !== undefined && !Object.hasOwn(specs, name));
  return [
    ...Object.entries(specs).flatMap(([name, spec]) => {
      const problem = findProblem(spec, given[name], nameOf(sources, spec.setting?.name, `${prefix}${name}`));
      return problem === null ? [] : [problem];
    }),
    ...unknown.map((name) => ({
      reason: `there is no option "${prefix}${name}"${hintAt(name, Object.keys(specs))}`,
      advice: 'Correct its name, or leave it out',
    })),
    ...Object.entries(specs).flatMap(([name, { fields }]) => {
      const value = given[name];
      return fields !== undefined && isRecord(value) ? findIn(fields, value, `${prefix}${name}.`, sources) : [];
    }),
  ];
};

/** What is wrong with one value, by the name under which it was given. */
export const findProblem = (spec: OptionSpec, value: unknown, name: string): Problem | null => {
  const advice = `Give ${spec.wanted}`;
  if (value === undefined) return spec.isRequired ? { reason: `${name} is missing`, advice } : null;
  if (spec.isList) return findInList(spec, value, name);
  if (spec.is(value)) return null;
  const inUnits = typeof value === 'number' ? value / (spec.scale ?? 1) : value;
  return { reason: `${name} is ${show(inUnits, spec)}`, advice };
};

const findInList = ({ is, wanted, mayBeEmpty }: OptionSpec, value: unknown, name: string): Problem | null => {
  if (!Array.isArray(value)) return { reason: `${name} is ${show(value)}`, advice: `Give a list: ${wanted}` };
  // An empty list of cases to run would run all of them.
  if (value.length === 0 && !mayBeEmpty) return { reason: `${name} is empty`, advice: `Give ${wanted}` };
  const odd = value.findIndex((entry) => !is(entry));
  return odd < 0 ? null : { reason: `${name} has ${show(value[odd])}`, advice: `Give ${wanted}` };
};

const show = (value: unknown, spec?: OptionSpec): string => {
  if (typeof value === 'function') return 'a function';
  return spec?.show?.(value) ?? renderValue(value, { hidden: false });
};
