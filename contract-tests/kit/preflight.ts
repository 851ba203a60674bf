import { connect } from 'node:net';
import { toMessage } from '../../src/shared/errors.ts';
import { isOAuthError } from '../inspect/findings.ts';
import { fieldOf, isRecord, parseJson } from '../model/json.ts';
import type { RecordedResponse } from '../model/result.ts';
import { type Address, openConnection, resolveAddresses } from './connection.ts';
import { type CaseRequest, toRecorded } from './requests.ts';

type Preflight =
  | { readonly isReady: true; readonly address: Address }
  /** One sentence without a full stop, and what to do about it. */
  | { readonly isReady: false; readonly reason: string; readonly advice: string };

type PreflightOptions = {
  readonly url: URL;
  readonly accessKey: string;
  readonly container: string;
  readonly timeoutMs: number;
};

/**
 * Finds out whether a scheduler answers at all and takes the key, so that a wrong URL does not look like a broken
 * contract.
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
    const asked = questionsTo(options).map((request) => connection.send(toRecorded(request, '', options.accessKey)));
    const exchanges = await Promise.all(asked);
    const responses = exchanges.flatMap(({ response }) => (response === undefined ? [] : [response]));
    const silence = exchanges.find(({ failure }) => failure !== undefined);
    const judged = judge(responses, silence?.reason ?? 'nothing', address);
    // A scheduler may forbid what it does not know: then another key is refused in another way.
    if (judged.isReady || !responses.every(({ status }) => status === 403)) return judged;
    const key = { value: 'no-key-of-this-scheduler', shown: '' };
    const [question] = questionsTo(options).map((request) => ({ ...request, key }));
    const other = question && (await connection.send(toRecorded(question, '', '')));
    return other?.response?.status === 401 ? { isReady: true, address } : judged;
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
  return { isReady: true, address };
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
