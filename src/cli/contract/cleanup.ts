import { existsSync } from 'node:fs';
import { findProblem } from '../../../contract-tests/kit/check-options.ts';
import { defaultJournalFolder } from '../../../contract-tests/kit/claim-tracker.ts';
import { cleanUpJournals, type JournalCleanup } from '../../../contract-tests/kit/clean-up.ts';
import { usualTimeoutMs } from '../../../contract-tests/kit/limits.ts';
import { optionSpecs } from '../../../contract-tests/kit/option-specs.ts';
import { toProblemError } from '../../../contract-tests/kit/problems.ts';
import { exitCodes } from '../../../contract-tests/model/result.ts';
import { EmulatorError, errorCodes } from '../../shared/errors.ts';
import { print, printError, printJson } from '../output.ts';
import { type Configuration, type ContractFlags, keyDoors, loadAccessKey, loadConfiguration } from './read-settings.ts';

/** `contract cleanup`: releases what killed runs still hold. */
export const cleanup = async (flags: ContractFlags): Promise<number> => {
  const configuration = await loadConfiguration(flags);
  const { 'ledger-dir': given, timeout = usualTimeoutMs / 1_000 } = configuration.values;
  // The usual folder may be missing: no run has needed it then.
  if (typeof given === 'string' && !existsSync(given))
    throw failed(`there is no folder ${given}. Name the one that the runs were given with --ledger-dir`);
  const folder = typeof given === 'string' ? given : defaultJournalFolder();
  const key = await loadUsableKey(configuration);
  const timeoutMs = Number(timeout) * 1_000;
  const outcome = await cleanUpJournals({ folder, accessKey: key, timeoutMs });
  const { released, lapsed, leftovers, obstacles, targets } = outcome;
  if (key === null && targets > 0) {
    const runs = targets === 1 ? 'a run has' : `${targets} runs have`;
    throw failed(`${runs} left claims open, and no access key is given. Give it by ${keyDoors}`);
  }
  for (const obstacle of obstacles) printError(obstacle);
  if (flags.json) printJson({ folder, released, lapsed, leftovers });
  else print(renderOutcome(folder, outcome));
  if (obstacles.length > 0) return exitCodes.unreachable;
  return leftovers.length === 0 ? exitCodes.conforms : exitCodes.leftovers;
};

const loadUsableKey = async (configuration: Configuration): Promise<string | null> => {
  const key = await loadAccessKey(configuration);
  const problem = key && findProblem(optionSpecs.accessKey, key.accessKey, key.source);
  if (problem !== null) throw toProblemError('clean up', [problem]);
  return key?.accessKey ?? null;
};

const failed = (reason: string): EmulatorError =>
  new EmulatorError(errorCodes.badOption, `Failed to clean up: ${reason}.`);

const renderOutcome = (folder: string, { released, lapsed, leftovers }: JournalCleanup): string => {
  if (released + lapsed + leftovers.length === 0) return `Nothing is left behind, says ${folder}.`;
  const left = leftovers.map(({ container, instance, reason }) => `left behind ${instance} of ${container}: ${reason}`);
  const over = lapsed === 0 ? '' : `, ${lapsed} over by themselves`;
  const kept = leftovers.length === 0 ? '' : ` They stay in ${folder} for the next cleanup.`;
  return [...left, `${released} released, ${leftovers.length} left${over}.${kept}`].join('\n');
};
