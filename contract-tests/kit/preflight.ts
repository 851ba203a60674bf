import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { toMessage } from '../../src/shared/errors.ts';
import { isOAuthError } from '../inspect/findings.ts';
import { fieldOf, isRecord, parseJson, textOf } from '../model/json.ts';
import type { LinkedOptions } from '../model/options.ts';
import { includesLevel, type Operation, type RecordedResponse } from '../model/result.ts';
import { type Address, type Connection, type Exchange, openConnection, resolveAddresses } from './connection.ts';
import type { Problem } from './problems.ts';
import { type CaseRequest, toRecorded, unknownId } from './requests.ts';
import type { LinkedTarget } from './run-context.ts';
import type { Settings } from './settings.ts';

export type Preflight =
  /** `hasSucceeded`: an operation of the API answered 200. */
  | { readonly isReady: true; readonly address: Address; readonly hasSucceeded: boolean }
  /** One sentence without a full stop, and what to do about it. */
  | { readonly isReady: false; readonly reason: string; readonly advice: string };

type PreflightOptions = {
  readonly url: URL;
  readonly accessKey: string;
  readonly container: string;
  readonly timeoutMs: number;
};

/**
 * Finds out whether a scheduler answers at all, there, and takes the key, so that a wrong URL looks neither like a broken
 * contract nor like one that is kept: what refuses everything also refuses what must be refused.
 * Asks several things, because a scheduler that does one of them wrong is still one.
 */
export const checkTarget = async (options: PreflightOptions): Promise<Preflight> => {
  const { url, timeoutMs } = options;
  const address = await findAddress(url, timeoutMs);
  if ('reason' in address) {
    return { isReady: false, ...address, advice: 'Start the scheduler, or correct the URL' };
  }
  const connection = openConnection({ url, address, timeoutMs });
  try {
    const { container, accessKey } = options;
    const askAll = (requests: readonly CaseRequest[]) =>
      Promise.all(requests.map((request) => connection.send(toRecorded(request, container, accessKey))));
    const exchanges = await askAll(questionsTo(options));
    const responses = exchanges.flatMap(({ response }) => (response === undefined ? [] : [response]));
    const silence = exchanges.find(({ failure }) => failure !== undefined);
    const judged = judge(responses, silence?.reason ?? 'nothing', address);
    const isLost = judged.isReady && exchanges.every(isWithoutPath);
    if (isLost && (await askAll(otherOperations)).every(isWithoutPath)) return noPath(responses);
    // A scheduler may forbid what it does not know: then another key is refused in another way.
    if (judged.isReady || !responses.every(({ status }) => status === 403)) return judged;
    const key = { value: 'no-key-of-this-scheduler', shown: '' };
    const [question] = questionsTo(options).map((request) => ({ ...request, key }));
    const other = question && (await connection.send(toRecorded(question, '', '')));
    return other?.response?.status === 401 ? { isReady: true, address, hasSucceeded: false } : judged;
  } finally {
    connection.close();
  }
};

const unknownContainer = 'f'.repeat(24);

/** Requests that change nothing on any target. */
const questionsTo = ({ container }: PreflightOptions): readonly CaseRequest[] => [
  { operation: 'getActiveInstances', path: `/v1/functions/${container}/active` },
  { operation: 'getActiveInstances', path: `/v1/functions/${unknownContainer}/active` },
  {
    operation: 'releaseInstance',
    path: `/v1/functions/${unknownContainer}/release`,
    body: { token: 'preflight', instance_id: unknownContainer },
  },
];

/** Asked in doubt: a scheduler may lack some operations, and know no other words for what it does not have. */
const otherOperations: readonly CaseRequest[] = [
  { operation: 'spawnInstance', body: { token: 'preflight', instance_id: unknownContainer } },
  { operation: 'releaseInstance', body: { token: 'preflight', instance_id: unknownContainer } },
  // Without its token, so that nothing is claimed.
  { operation: 'claimInstance', body: {} },
];

/** Of what is not there the API answers another code than that for paths. */
const isWithoutPath = ({ response }: Exchange): boolean =>
  response?.status === 404 && !/^404\.(?!uri$)/.test(shown(response));

const noPath = ([first]: readonly RecordedResponse[]): Preflight => ({
  isReady: false,
  reason: `no path of the API is there (${shown(first ?? null)})`,
  advice: 'Correct the URL, which ends before /v1/functions',
});

const judge = (responses: readonly RecordedResponse[], silence: string, address: Address): Preflight => {
  const no = (reason: string, advice: string): Preflight => ({ isReady: false, reason, advice });
  if (responses.length === 0) return no(silence, 'Start the scheduler, or correct the URL');
  if (!responses.some(isSchedulers)) {
    const [first] = responses;
    const type = first?.headers['content-type'] ?? 'no content type';
    return no(`what answers there is no scheduler (status ${first?.status}, ${type})`, 'Correct the URL');
  }
  const statuses = responses.map(({ status }) => status);
  if (statuses.every((status) => status === 401 || status === 403)) {
    return no(`it refuses the access key (status ${statuses[0]})`, 'Give one of the scheduler’s keys');
  }
  if (statuses.every((status) => status === 503)) {
    return no('it is not ready (status 503)', 'Wait until its pools are made');
  }
  return { isReady: true, address, hasSucceeded: statuses.includes(200) };
};

/** Whether the body could be a scheduler's, however wrong: an object with data, or with an error that has a code. */
const isSchedulers = (response: RecordedResponse): boolean => {
  const json = parseJson(response.body);
  const isEnvelope = isRecord(json) && ('data' in json || fieldOf(json, 'error', 'code') !== undefined);
  return isEnvelope || isOAuthError(response);
};

/** The first address that takes connections; all requests go there. `timeoutMs` is for all of them together. */
export const findAddress = async (url: URL, timeoutMs: number): Promise<Address | { reason: string }> => {
  let reason = `${url.hostname} has no address`;
  const giveUpAt = performance.now() + timeoutMs;
  try {
    for (const address of await resolveAddresses(url)) {
      const failure = await tryToConnect(url, address, Math.max(1, Math.ceil(giveUpAt - performance.now())));
      if (failure === null) return address;
      reason = failure;
    }
  } catch (error) {
    reason = toMessage(error);
  }
  return { reason };
};

const tryToConnect = (url: URL, { address }: Address, withinMs: number): Promise<string | null> => {
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const socket = connect({ host: address, port, timeout: withinMs });
  socket.once('connect', () => resolve(null));
  socket.once('timeout', () => resolve(`no connection to ${address} port ${port} within ${withinMs / 1000} s`));
  socket.once('error', (error) => resolve(error.message));
  return promise.finally(() => socket.destroy());
};

/** Where the run reaches functions over HTTP, with what stands in the way; null where it is not to. */
export const findLinked = async (
  linked: LinkedOptions | undefined,
  timeoutMs: number,
): Promise<(LinkedTarget & { readonly obstacle: string | null }) | null> => {
  if (linked === undefined) return null;
  const url = new URL(linked.url);
  const found = await findAddress(url, timeoutMs);
  const isThere = 'address' in found;
  return {
    ...linked,
    address: isThere ? found : { address: '', family: 0 },
    ground: { silences: 0 },
    obstacle: isThere
      ? null
      : `Failed to reach functions at ${url.href}: ${found.reason}. Start the gateway, or correct --linked-url.`,
  };
};

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

type ContainerOptions = {
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
const checkContainers = async (options: ContainerOptions): Promise<Problem | null> => {
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
const harmless: readonly Operation[] = ['getActiveInstances', 'releaseInstance', 'spawnInstance'];

const toRemembering = (options: ContainerOptions, container: string): Asked => {
  const body = { token: 'preflight', instance_id: unknownId() };
  const answers = new Map<number, ReturnType<Asked>>();
  return (question) => {
    const operation = harmless[question] ?? 'getActiveInstances';
    const request = { operation, ...(operation === 'getActiveInstances' ? {} : { body }) };
    const answer = answers.get(question) ?? ask(options, container, request);
    answers.set(question, answer);
    return answer;
  };
};

const ask = async (
  { connection, accessKey }: ContainerOptions,
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
  for (const question of harmless.keys()) {
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

const isCertain = async (options: ContainerOptions, id: string, list: RecordedResponse | null): Promise<boolean> => {
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

const tryClaim = async (options: ContainerOptions, container: string): Promise<RecordedResponse | null> => {
  const token = `preflight-${randomBytes(6).toString('hex')}`;
  const claimed = await ask(options, container, { operation: 'claimInstance', body: { token } });
  const instance = instanceOf(claimed);
  if (instance !== null) {
    await ask(options, container, { operation: 'releaseInstance', body: { token, instance_id: instance } });
  }
  return claimed;
};
