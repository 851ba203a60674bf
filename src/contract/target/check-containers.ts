import { randomBytes } from 'node:crypto';
import { fieldOf, parseJson, textOf } from '../json.ts';
import type { Problem } from '../problems.ts';
import type { RecordedResponse } from '../result.ts';
import type { Connection } from './connection.ts';
import { type CaseRequest, toRecorded } from './requests.ts';

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
export const checkContainers = async (options: Options): Promise<Problem | null> => {
  const { containers, nonFunctionContainer: other } = options;
  const unknown = await askAbout(options, noContainer());
  const asked = await Promise.all(containers.map(async (id) => ({ id, replies: await askAbout(options, id) })));
  for (const { id, replies } of asked) {
    const isAsUnknown = isAlike(replies, unknown);
    if (!(isAsUnknown || isRefusedWhole(replies)) || !(await isCertain(options, id, replies))) continue;
    const like = isAsUnknown ? 'as for an ID that no container has' : 'with the same refusal to each operation';
    return {
      reason: `it serves no function ${id}: it answers ${like} (${shown(replies[0])})`,
      advice: 'Correct --container, which takes the ID of a function container',
    };
  }
  const [first] = asked;
  if (other === undefined || first === undefined || isAlike(first.replies, unknown)) return null;
  const isAsFunction = isAlike(await askAbout(options, other), first.replies);
  if (!isAsFunction || !options.mayClaim || !isGranted(await tryClaim(options, other))) return null;
  return {
    reason: `container ${other} is given as one that is no function, and a claim of it is granted`,
    advice: 'Correct --non-function, or leave it out',
  };
};

type Replies = readonly (RecordedResponse | null)[];

const noContainer = (): string => `dead${randomBytes(10).toString('hex')}`;

/** What changes nothing, be the container what it may: the list, and a spawn and a release of what there is not. */
const askAbout = async (options: Options, container: string): Promise<Replies> => {
  const body = { token: 'preflight', instance_id: noContainer() };
  const requests: readonly CaseRequest[] = [
    { operation: 'getActiveInstances' },
    { operation: 'spawnInstance', body },
    { operation: 'releaseInstance', body },
  ];
  return await Promise.all(requests.map((request) => ask(options, container, request)));
};

const ask = async (
  { connection, accessKey }: Options,
  container: string,
  request: CaseRequest,
): Promise<RecordedResponse | null> => {
  const { response } = await connection.send(toRecorded(request, container, accessKey));
  return response ?? null;
};

const shown = (response: RecordedResponse | null | undefined): string => {
  const code = textOf(fieldOf(parseJson(response?.body ?? ''), 'error', 'code'));
  return code ?? `status ${response?.status ?? 'none'}`;
};

const isSame = (one: RecordedResponse | null | undefined, other: RecordedResponse | null | undefined): boolean =>
  one?.status !== undefined && one.status === other?.status && shown(one) === shown(other);

const isAlike = (some: Replies, others: Replies): boolean => some.every((one, index) => isSame(one, others[index]));

/** Statuses that say nothing of the container: the key, the method, the time, the rate. */
const ofOtherThings: readonly number[] = [401, 405, 408, 413, 414, 429, 431];

const isRefusal = (response: RecordedResponse | null | undefined): boolean => {
  const { status = 0 } = response ?? {};
  return status >= 400 && status < 500 && !ofOtherThings.includes(status) && !/^404.uri$/.test(shown(response));
};

/** No function is refused its list, which is documented, with the very words for an instance that there is not. */
const isRefusedWhole = (replies: Replies): boolean =>
  isRefusal(replies[0]) && replies.every((one) => isSame(one, replies[0]));

const isCertain = async (options: Options, container: string, replies: Replies): Promise<boolean> => {
  // A list that is refused in words of the API is not just missing.
  if (!options.mayClaim) return isRefusal(replies[0]) && !shown(replies[0]).startsWith('status');
  const unknown = await tryClaim(options, noContainer());
  if (!isRefusal(unknown)) return false;
  const claimed = await tryClaim(options, container);
  // Where lists say nothing, that none is free could be said in the same words; it is not what 404 means.
  const isClear = isRefusal(replies[0]) || claimed?.status === 404;
  return isClear && isRefusal(claimed) && (isSame(claimed, unknown) || isSame(claimed, replies[0]));
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
