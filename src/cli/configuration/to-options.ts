import {
  boundSpecs,
  callbackSpecs,
  linkedSpecs,
  type OptionSpec,
  optionSpecs,
} from '../../../contract-tests/kit/option-specs.ts';
import type { ContractOptions, LinkedOptions } from '../../../contract-tests/model/options.ts';
import type { Configuration } from './read.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * The options that settings give, each in the option's own unit; what was not given is left out, so that defaults hold.
 * What they are is for the check of the options to say.
 */
export const toOptions = ({ values }: Configuration): Partial<ContractOptions> => {
  const pick = (specs: Readonly<Record<string, OptionSpec>>): Fields =>
    Object.fromEntries(
      Object.entries(specs).flatMap(([option, { setting, scale }]) => {
        const value = setting === undefined ? undefined : values[setting.name];
        if (value === undefined) return [];
        return [[option, typeof value === 'number' ? value * (scale ?? 1) : value]];
      }),
    );
  const [bounds, callback, linked] = [pick(boundSpecs), pick(callbackSpecs), pick(linkedSpecs)];
  return {
    ...pick(optionSpecs),
    ...(Object.keys(bounds).length === 0 ? {} : { bounds }),
    ...(Object.keys(callback).length === 0 ? {} : { callback }),
    ...(Object.keys(linked).length === 0 ? {} : { linked: linked as LinkedOptions }),
  };
};
