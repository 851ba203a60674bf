import { makeFolder } from '../../../contract-tests/kit/make-folder.ts';
import { toProblemError } from '../../../contract-tests/kit/problems.ts';
import { readOptions, type Settings } from '../../../contract-tests/kit/settings.ts';
import type { ContractOptions } from '../../../contract-tests/model/options.ts';
import { renderCatalogue, toCatalogue } from '../../../contract-tests/report/catalogue.ts';
import { allCases } from '../../../contract-tests/suites/all.ts';
import { EmulatorError, errorCodes, toMessage } from '../../shared/errors.ts';
import { print, printJson } from '../output.ts';
import {
  type Configuration,
  type ContractFlags,
  findWithoutEffect,
  keyDoors,
  loadAccessKey,
  loadConfiguration,
  loadOptions,
} from './read-settings.ts';

/** `contract --list`: prints what the same command without it would check. */
export const list = async (flags: ContractFlags): Promise<number> => {
  const { cases } = await planRun(await loadConfiguration(flags), { isListing: true });
  if (flags.json) printJson(toCatalogue(cases));
  else print(renderCatalogue(cases));
  return 0;
};

/** What a run is to do, with all that can be wrong with its settings found out and nothing started yet. */
export type Plan = {
  /** With the target that the settings name; without one the emulator is to be started. */
  readonly options: Partial<ContractOptions>;
  readonly cases: Settings['cases'];
};

/** Stands for what only the emulator knows of itself, and for what a list of cases does not depend on. */
const emulatorToBe = { url: 'http://127.0.0.1', accessKey: 'its-own-key', containers: ['0'.repeat(24)] } as const;

/**
 * Throws an EmulatorError that names all the settings that are impossible or change nothing. To list cases, no key and no
 * container need be given.
 */
export const planRun = async (configuration: Configuration, { isListing = false } = {}): Promise<Plan> => {
  const { values } = configuration;
  const isStarted = values['url'] === undefined;
  // An emulator that is started has a key of its own.
  const key = isStarted ? null : await loadAccessKey(configuration);
  const isKeyMissing = key === null && !isStarted && !isListing;
  const loaded = await loadOptions(configuration);
  const { url: _url, accessKey: _key, containers: _ids, ...others } = loaded;
  const options = {
    ...(isStarted ? others : loaded),
    ...(key === null ? {} : { accessKey: key.accessKey }),
    sources: { ...configuration.sources, ...(key === null ? {} : { 'access-key': key.source }) },
  };
  const placeholder = {
    ...(isStarted || isListing ? emulatorToBe : {}),
    ...(key === null ? { accessKey: emulatorToBe.accessKey } : {}),
  };
  // What is missing or wrong in it, the check of the options finds.
  const read = readOptions({ ...placeholder, ...options } as ContractOptions, allCases);
  const problems = [
    ...findWithoutEffect(configuration),
    ...(isKeyMissing ? [missingKey] : []),
    ...('problems' in read ? read.problems : []),
  ];
  if (problems.length > 0 || 'problems' in read) throw toProblemError('run the contract', problems);
  const folder = values['report-dir'];
  try {
    // Before a run of minutes whose reports could not be written.
    if (typeof folder === 'string' && !isListing) makeFolder(folder);
  } catch (error) {
    throw toUnwritable(folder, error);
  }
  return { options, cases: read.cases };
};

const missingKey = {
  reason: '--access-key is missing',
  advice: `Give one of the scheduler’s keys by ${keyDoors}`,
} as const;

export const toUnwritable = (folder: unknown, error: unknown): EmulatorError =>
  new EmulatorError(
    errorCodes.badOption,
    `Failed to write the reports into ${folder}: ${toMessage(error)}. Choose a folder that can be written.`,
  );
