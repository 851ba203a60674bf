import { parse, stringify } from 'yaml';
import { EmulatorError, errorCodes, toMessage } from '../shared/errors.ts';
import { readTextFile } from '../shared/read-small-file.ts';
import { isRecord } from '../shared/values.ts';
import type { RecordedAnswer } from './questions.ts';

/** How a scheduler behaves where nothing public says: what `contract record` writes and `start --profile` reads. */
export type Profile = {
  /** The URL it was recorded from. */
  readonly target: string;
  /** When, as RFC 3339 writes it. */
  readonly date: string;
  /** By question; src/profile/questions.ts lists them. What was not asked is missing. */
  readonly answers: Readonly<Record<string, RecordedAnswer>>;
};

const format = 'cycle-scheduler-profile';
/** Raised when what is written today would be read wrongly. */
const formatVersion = 1;

/** The profile as YAML. Answers are sorted, so that two recordings can be compared by eye as well. */
export const renderProfile = ({ target, date, answers }: Profile): string => {
  const sorted = Object.fromEntries(Object.entries(answers).sort(([one], [other]) => (one < other ? -1 : 1)));
  return stringify({ format, version: formatVersion, target, date, answers: sorted });
};

/**
 * A profile from YAML or JSON, also from a run's results.json, which holds the same answers. Throws an EmulatorError
 * that names what is wrong. `source` is the file's name for messages.
 */
export const parseProfile = (text: string, source: string): Profile => {
  const bad: Bad = (reason) => toUnreadable(source, reason);
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    throw bad(`it is not YAML: ${toMessage(error).split('\n')[0]}`);
  }
  if (!isRecord(content)) throw bad('it is empty or not a map');
  if (content['format'] === 'cycle-scheduler-contract-results') return fromResults(content, bad);
  if (content['format'] !== format) throw bad(`its format is ${JSON.stringify(content['format'])}, not ${format}`);
  if (content['version'] !== formatVersion)
    throw bad(`its version is ${String(content['version'])}, not ${formatVersion}`);
  return {
    target: String(content['target'] ?? 'unknown'),
    date: String(content['date'] ?? 'unknown'),
    answers: readAnswers(content['answers'], bad),
  };
};

type Bad = (reason: string) => EmulatorError;

const toUnreadable = (source: string, reason: string): EmulatorError =>
  new EmulatorError(
    errorCodes.badOption,
    `Failed to read the profile ${source}: ${reason}. Write one with cycle-scheduler contract record.`,
  );

const fromResults = (results: Readonly<Record<string, unknown>>, bad: Bad): Profile => {
  const { target } = results;
  return {
    target: String(isRecord(target) ? target['url'] : 'unknown'),
    date: String(results['startedAt'] ?? 'unknown'),
    answers: readAnswers(results['answers'], bad),
  };
};

const readAnswers = (given: unknown, bad: Bad): Profile['answers'] => {
  if (!isRecord(given)) throw bad('it has no answers');
  return Object.fromEntries(
    Object.entries(given).map(([question, answer]) => [question, readAnswer(question, answer, bad)]),
  );
};

const readAnswer = (question: string, given: unknown, bad: Bad): RecordedAnswer => {
  if (!isRecord(given)) throw bad(`the answer to ${question} is not a map`);
  const { status, code, behaviour } = given;
  const isStatus = status === undefined || (Number.isInteger(status) && Number(status) >= 100 && Number(status) < 600);
  if (!isStatus) throw bad(`the answer to ${question} has the status ${JSON.stringify(status)}`);
  for (const [name, value] of Object.entries({ code, behaviour })) {
    if (value !== undefined && typeof value !== 'string')
      throw bad(`the answer to ${question} has a ${name} that is not text`);
  }
  return {
    ...(status === undefined ? {} : { status: Number(status) }),
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof behaviour === 'string' ? { behaviour } : {}),
  };
};

/** A profile from its file. Throws an EmulatorError that says what is wrong with it. */
export const loadProfile = async (path: string): Promise<Profile> =>
  parseProfile((await readTextFile(path, 'the profile')).text, path);
