import { randomBytes } from 'node:crypto';
import { fieldOf, parseJson, textOf } from '../model/json.ts';
import { includesLevel, type Operation, type RecordedResponse } from '../model/result.ts';
import { type Address, type Connection, openConnection } from './connection.ts';
import type { Problem } from './problems.ts';
import { type CaseRequest, toRecorded, unknownId } from './requests.ts';
import type { Settings } from './settings.ts';

/** A container that the target does not have is a wrong setting; without this check it would break every case. */
export const findContainerObstacle = async (settings: Settings, address: Address): Promise<string | null> => {
  const { url, level, bounds = {} } = settings;
  // Who answers late is asked by the cases: a doubt is no obstacle.
  const connection = openConnection({ url, address, timeoutMs: Math.min(1_000, settings.requestTimeoutMs) });
  // Where claims are counted, those are the cases' own.
  const mayClaim = includesLevel(level, 'claim') && bounds.maxClaims === undefined;
  const problem = await checkContainers({ ...settings, connection, mayClaim }).finally(() => connection.close());
  return problem === null ? null : `Failed to run the contract at ${url.href}: ${problem.reason}. ${problem.advice}.`;
};

type Options = {
  readonly connection: Connection;
  readonly accessKey: string;
  readonly containers: readonly string[];
  readonly nonFunctionContainer?: string | undefined;
  /** One claim may be made, and is given back at once. Made only where a doubt is left that nothing else settles. */
  readonly mayClaim: boolean;
};

/**
 * Finds IDs that are mistyped, so that every case that uses them would blame the target. Says so only where nothing else
 * can be meant: a scheduler may answer an unknown container as it likes, list nothing for any, and have none free.
 */
const checkContainers = async (options: Options): Promise<Problem | null> => {
  const { containers, nonFunctionContainer: other } = options;
  const unknown = toRemembering(options, unknownId());
  for (const id of containers) {
    const asked = toRemembering(options, id);
    const isAsUnknown = await isAlike(asked, unknown);
    if (!(isAsUnknown || (await isRefusedWhole(asked))) || !(await isCertain(options, id, await asked(0)))) continue;
    const like = isAsUnknown ? 'as for an ID that no container has' : 'with the same refusal to each operation';
    return {
      reason: `it serves no function ${id}: it answers ${like} (${shown(await asked(0))})`,
      advice: 'Correct --container, which takes the ID of a function container',
    };
  }
  const first = toRemembering(options, containers[0] ?? '');
  if (other === undefined || !options.mayClaim || (await isAlike(first, unknown))) return null;
  const isAsFunction = await isAlike(toRemembering(options, other), first);
  if (!isAsFunction || !isGranted(await tryClaim(options, other))) return null;
  return {
    reason: `container ${other} is given as one that is no function, and a claim of it is granted`,
    advice: 'Correct --non-function, or leave it out',
  };
};

/** Asks the question of that number once; null where no answer comes. */
type Asked = (question: number) => Promise<RecordedResponse | null>;

/** What changes nothing on any container: the list, and a release and a spawn of what there is not. */
const questions: readonly Operation[] = ['getActiveInstances', 'releaseInstance', 'spawnInstance'];

const toRemembering = (options: Options, container: string): Asked => {
  const body = { token: 'preflight', instance_id: unknownId() };
  const answers = new Map<number, ReturnType<Asked>>();
  return (question) => {
    const operation = questions[question] ?? 'getActiveInstances';
    const request = { operation, ...(operation === 'getActiveInstances' ? {} : { body }) };
    const answer = answers.get(question) ?? ask(options, container, request);
    answers.set(question, answer);
    return answer;
  };
};

const ask = async (
  { connection, accessKey }: Options,
  container: string,
  request: CaseRequest,
): Promise<RecordedResponse | null> => {
  const { response } = await connection.send(toRecorded(request, container, accessKey));
  return response ?? null;
};

const shown = (response: RecordedResponse | null): string => {
  const code = textOf(fieldOf(parseJson(response?.body ?? ''), 'error', 'code'));
  return code ?? `status ${response?.status ?? 'none'}`;
};

const isSame = (one: RecordedResponse | null, other: RecordedResponse | null): boolean =>
  one?.status !== undefined && one.status === other?.status && shown(one) === shown(other);

/** Whether all questions are answered alike; asks no further than the first difference. */
const isAlike = async (one: Asked, other: Asked): Promise<boolean> => {
  for (const question of questions.keys()) {
    const [mine, others] = await Promise.all([one(question), other(question)]);
    if (!isSame(mine, others)) return false;
  }
  return true;
};

/** Statuses that say nothing of the container: the key, the method, the time, the rate. */
const ofOtherThings: readonly number[] = [401, 405, 408, 413, 414, 429, 431];

const isRefusal = (response: RecordedResponse | null): boolean => {
  const { status = 0 } = response ?? {};
  return status >= 400 && status < 500 && !ofOtherThings.includes(status) && shown(response) !== '404.uri';
};

/** No function is refused its list, which is documented, with the very words for an instance that there is not. */
const isRefusedWhole = async (asked: Asked): Promise<boolean> => {
  const list = await asked(0);
  return isRefusal(list) && (await isAlike(asked, () => Promise.resolve(list)));
};

const isCertain = async (options: Options, id: string, list: RecordedResponse | null): Promise<boolean> => {
  // A list that is refused in words of the API is not just missing.
  if (!options.mayClaim) return isRefusal(list) && !shown(list).startsWith('status');
  const unknown = await tryClaim(options, unknownId());
  if (!isRefusal(unknown)) return false;
  const claimed = await tryClaim(options, id);
  // Where lists say nothing, that none is free could be said in the same words; it is not what 404 means.
  const isClear = isRefusal(list) || claimed?.status === 404;
  return isClear && isRefusal(claimed) && (isSame(claimed, unknown) || isSame(claimed, list));
};

const isGranted = (claimed: RecordedResponse | null): boolean => instanceOf(claimed) !== null;

const instanceOf = (claimed: RecordedResponse | null): string | null =>
  claimed?.status === 200 ? textOf(fieldOf(parseJson(claimed.body), 'data', 'instance_id')) : null;

const tryClaim = async (options: Options, container: string): Promise<RecordedResponse | null> => {
  const token = `preflight-${randomBytes(6).toString('hex')}`;
  const claimed = await ask(options, container, { operation: 'claimInstance', body: { token } });
  const instance = instanceOf(claimed);
  if (instance !== null) {
    await ask(options, container, { operation: 'releaseInstance', body: { token, instance_id: instance } });
  }
  return claimed;
};
