import { allCases } from '../../contract-tests/suites/all.ts';
import type { Configuration } from '../contract/configuration/read.ts';
import { refuseWithoutEffect } from '../contract/configuration/without-effect.ts';
import { makeFolder } from '../contract/make-folder.ts';
import type { ContractOptions } from '../contract/options.ts';
import { type Settings, toSettings } from '../contract/run/settings.ts';
import { EmulatorError, errorCodes, toMessage } from '../errors.ts';
import { loadAccessKey, loadOptions } from './contract-settings.ts';

/** What a run is to do, with all that can be wrong with its settings found out and nothing started yet. */
export type Plan = {
  readonly options: Partial<ContractOptions>;
  /** The target that the settings name; null where the emulator is to be started. */
  readonly target: Pick<ContractOptions, 'url' | 'accessKey' | 'containers'> | null;
  readonly cases: Settings['cases'];
};

/** Stands for what only the emulator knows of itself. */
const emulatorToBe = { url: 'http://127.0.0.1', accessKey: 'its-own-key', containers: ['0'.repeat(24)] } as const;

/** Throws an EmulatorError for the first setting that is impossible or changes nothing. */
export const planRun = async (configuration: Configuration): Promise<Plan> => {
  refuseWithoutEffect(configuration);
  const options = { ...(await loadOptions(configuration)), sources: configuration.sources };
  const { url, container } = configuration.values;
  const accessKey = await loadAccessKey(configuration);
  const containers = Array.isArray(container) ? (container as readonly string[]) : [];
  if (typeof url === 'string' && accessKey === undefined) {
    throw new EmulatorError(
      errorCodes.badOption,
      'Failed to run the contract: a URL is given and no access key. Give --access-key or --access-key-file.',
    );
  }
  const target = typeof url === 'string' ? { url, accessKey: accessKey ?? '', containers } : null;
  makeReportFolder(configuration.values['report-dir']);
  const { cases } = toSettings({ ...(target ?? emulatorToBe), ...options }, allCases);
  return { options, target, cases };
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
