import { writeFile } from 'node:fs/promises';
import { exitCodes } from '../../../contract-tests/model/result.ts';
import { compareProfiles, renderComparison, renderComparisonAsMarkdown } from '../../profile/compare.ts';
import { parseProfile, renderProfile } from '../../profile/profile.ts';
import { EmulatorError, errorCodes, toMessage } from '../../shared/errors.ts';
import { largestWrittenFile, readTextFile } from '../../shared/read-small-file.ts';
import { print, printError, printJson } from '../output.ts';
import { type ContractFlags, loadConfiguration } from './read-settings.ts';

const notLinked =
  'No question about functions over HTTP (linked-…) was asked: they need fixtures/probe at --linked-url.';

/** `contract record`: asks what nothing public settles, and writes the answers down. */
export const record = async (flags: ContractFlags): Promise<number> => {
  const { runConfigured } = await import('./run.ts');
  const result = await runConfigured(await loadConfiguration(flags), flags);
  const { verdict, target, startedAt, answers, exitCode } = result;
  const isPrinted = flags.out === '-';
  // Beside a profile that is printed, the rest goes to stderr.
  const say = isPrinted ? printError : print;
  if (verdict === 'unreachable' || verdict === 'interrupted' || verdict === 'suite-error') {
    say(result.message);
    return exitCode;
  }
  const profile = renderProfile({ target: target.url, date: startedAt, answers });
  if (isPrinted) print(profile.trimEnd());
  else await write(flags.out, profile);
  const names = Object.keys(answers);
  if (flags.json && !isPrinted) printJson({ out: flags.out, questions: names.length });
  if (flags.json) return exitCodes.conforms;
  if (!isPrinted) print(`${flags.out}: the answers of ${target.url} to ${names.length} questions.`);
  if (!names.some((name) => name.startsWith('linked-'))) say(notLinked);
  // A scheduler may break the contract and still be recorded: how it behaves is what was asked.
  return exitCodes.conforms;
};

const write = async (path: string, text: string): Promise<void> => {
  try {
    await writeFile(path, text);
  } catch (error) {
    const reason = `${toMessage(error)}. Choose another path`;
    throw new EmulatorError(errorCodes.badOption, `Failed to write the profile to ${path}: ${reason}.`);
  }
};

type CompareFlags = { readonly json: boolean; readonly markdown: boolean };

/** `contract compare`: prints where two recordings, or the results of two runs, differ. 1 where they do. */
export const compare = async (one: string, other: string, { json, markdown }: CompareFlags): Promise<number> => {
  const read = async (path: string) => {
    const { text } = await readTextFile(path, 'the profile', { largestBytes: largestWrittenFile });
    return parseProfile(text, path);
  };
  const comparison = compareProfiles(await read(one), await read(other));
  if (json) printJson(comparison);
  else print(markdown ? renderComparisonAsMarkdown(comparison) : renderComparison(comparison));
  return comparison.differences.length === 0 ? exitCodes.conforms : exitCodes.broken;
};
