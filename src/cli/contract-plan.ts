import { makeFolder } from '../../contract-tests/kit/make-folder.ts';
import { toProblemError } from '../../contract-tests/kit/problems.ts';
import { readOptions, type Settings } from '../../contract-tests/kit/settings.ts';
import type { ContractOptions } from '../../contract-tests/model/options.ts';
import { allCases } from '../../contract-tests/suites/all.ts';
import { EmulatorError, errorCodes, toMessage } from '../shared/errors.ts';
import type { Configuration } from './configuration/read.ts';
import { findWithoutEffect } from './configuration/without-effect.ts';
import { loadAccessKey, loadOptions } from './contract-settings.ts';

/** What a run is to do, with all that can be wrong with its settings found out and nothing started yet. */
export type Plan = {
  readonly options: Partial<ContractOptions>;
  /** The target that the settings name; null where the emulator is to be started. */
  readonly target: Pick<ContractOptions, 'url' | 'accessKey' | 'containers'> | null;
  readonly cases: Settings['cases'];
};

/** Stands for what only the emulator knows of itself, and for what a list of cases does not depend on. */
const emulatorToBe = { url: 'http://127.0.0.1', accessKey: 'its-own-key', containers: ['0'.repeat(24)] } as const;

type Target = Plan['target'];

/**
 * Throws an EmulatorError that tells all the settings that are impossible or change nothing. To list cases, no key and no
 * container need be given.
 */
export const planRun = async (configuration: Configuration, { isListing = false } = {}): Promise<Plan> => {
  const options = { ...(await loadOptions(configuration)), sources: configuration.sources };
  const target = toTarget(configuration, await loadAccessKey(configuration));
  const placeholder = target === null || isListing ? emulatorToBe : {};
  const planned = { ...placeholder, ...target, ...options } as ContractOptions;
  const settings = readOptions(planned, allCases);
  const problems = [...findWithoutEffect(configuration), ...('problems' in settings ? settings.problems : [])];
  if (problems.length > 0 || 'problems' in settings) throw toProblemError('run the contract', problems);
  const { cases } = settings;
  if (!isListing) makeReportFolder(configuration.values['report-dir']);
  return { options, target, cases };
};

/** What is not given is missing in it, which the options' own check tells. */
const toTarget = ({ values }: Configuration, accessKey: string | undefined): Target => {
  const { url, container } = values;
  if (typeof url !== 'string') return null;
  const given = {
    url,
    ...(accessKey === undefined ? {} : { accessKey }),
    ...(container === undefined ? {} : { containers: container as readonly string[] }),
  };
  return given as Target;
};

/** Before a run of minutes whose reports could not be written. */
const makeReportFolder = (folder: unknown): void => {
  if (typeof folder !== 'string') return;
  try {
    makeFolder(folder);
  } catch (error) {
    throw new EmulatorError(
      errorCodes.badOption,
      `Failed to write the reports into ${folder}: ${toMessage(error)}. Choose a folder that can be written.`,
    );
  }
};
