import { isUtf8 } from 'node:buffer';
import type { Request } from 'express';
import type { ApiResponse } from '../http/answers.ts';
import { hasBody } from '../http/request-body.ts';
import type { RequestObserver, RequestRecord } from '../http/request-log.ts';
import { lazily } from '../shared/async.ts';
import type { Clock } from '../shared/clock.ts';
import { History } from '../shared/events.ts';
import {
  type KeptBody,
  keepBodies,
  type LinkedRecorder,
  mostBodyBytes,
  type RecordedBody,
  type Side,
  toBody,
} from './linked-exchanges.ts';
import type { LinkedRequest } from './linked-request.ts';
import { createMask } from './mask-body.ts';

/** A request that is over, to the Scheduler API or to a function over HTTP, with its bodies; its path without query and access keys. */
export type WatchedRequest = (AnsweredRequest | LinkedRequest) & { readonly bodies: Bodies };

type AnsweredRequest = RequestRecord & {
  /** When it arrived, by the clock. */
  readonly at: number;
  readonly path: string;
};

/** Bodies as they came; null where there was none. They give way to those of later requests. */
type Bodies = Record<Side, KeptBody | Omitted | null>;
type Omitted = { readonly omitted: string };

/** A body as it is shown: without tokens and access keys. Or why it is not. */
export type ShownBody = RecordedBody | ({ readonly type: null; readonly complete: false } & Omitted);

export type WatchOptions = {
  readonly clock: Pick<Clock, 'now'>;
  /** Secrets of the access keys. */
  readonly secrets: readonly string[];
  /** How much is kept of all bodies together. */
  readonly limitBytes: number;
  /** Of how many requests. */
  readonly limit: number;
};

export type RequestWatch = ReturnType<typeof watchRequests>;

/** Of what a caller wrote. */
const mostPathLength = 1_000;

const dropped: Omitted = { omitted: 'It gave way to the bodies of later requests.' };
const noRoom: Omitted = { omitted: 'The bodies of requests that are on their way leave no room for it.' };
const unread: Omitted = { omitted: 'It was not read: the request was refused before.' };
const noText: Omitted = { omitted: 'It is not UTF-8.' };
const tooLarge: Omitted = { omitted: `It is larger than ${mostBodyBytes} bytes.` };

export const watchRequests = ({ clock, secrets, limitBytes, limit }: WatchOptions) => {
  const kept: { readonly bodies: Bodies; readonly bytes: number }[] = [];
  const requests = new History<WatchedRequest>(limit);
  const mask = lazily(() => createMask(secrets));
  let allBytes = 0;

  const dropOldest = (): boolean => {
    const oldest = kept.shift();
    if (oldest === undefined) return false;
    allBytes -= oldest.bytes;
    for (const side of ['request', 'response'] as const) if (isKept(oldest.bodies[side])) oldest.bodies[side] = dropped;
    return true;
  };
  const takes = (bytes: number): boolean => {
    while (allBytes + bytes > limitBytes && dropOldest());
    if (allBytes + bytes > limitBytes) return false;
    allBytes += bytes;
    return true;
  };
  const end = (request: AnsweredRequest | LinkedRequest, bodies: Bodies, bytes: number): void => {
    kept.push({ bodies, bytes });
    if (kept.length > limit) dropOldest();
    // Masked whole and cut then: a part of a key is no key any more.
    const path = mask().plain(request.path).slice(0, mostPathLength);
    requests.add({ ...request, path, bodies });
  };
  const toKept = (bytes: Buffer | string): KeptBody | Omitted => {
    const size = Buffer.byteLength(bytes);
    if (size > mostBodyBytes) return tooLarge;
    if (typeof bytes !== 'string' && !isUtf8(bytes)) return noText;
    return takes(size) ? { type: 'application/json', bytes, complete: true } : noRoom;
  };

  return {
    /** Those that are over. */
    requests,
    /** Of requests to the Scheduler API. */
    observer: ((request, response) => {
      const at = clock.now();
      noteAnswer(response);
      return (record) => {
        const { asked, answered } = response.locals;
        const bodies: Bodies = {
          request: asked === undefined ? (hasBody(request) ? unread : null) : toKept(asked),
          response: answered === undefined ? null : toKept(answered),
        };
        end({ ...record, at, path: pathOf(request) }, bodies, sizeOf(bodies));
      };
    }) satisfies RequestObserver,
    /** Of a request to a function over HTTP, which another may record, too. */
    linked: (recorder: LinkedRecorder | null): LinkedRecorder => {
      let bytes = 0;
      const { keep, bodies } = keepBodies((more) => {
        const isTaken = takes(more);
        if (isTaken) bytes += more;
        return isTaken;
      });
      return {
        keep: (side, body) => {
          keep(side, body);
          recorder?.keep(side, body);
        },
        end: (request) => {
          end(request, bodies(), bytes);
          recorder?.end(request);
        },
      };
    },
    show: (request: WatchedRequest) => {
      const show = (side: Side): ShownBody | null => {
        const body = request.bodies[side];
        if (!isKept(body)) return body && { type: null, complete: false, ...body };
        const shown = toBody(body);
        const toShown = isLinked(request) ? mask().plain : side === 'request' ? mask().request : mask().answer;
        return shown?.text === undefined ? shown : { ...shown, text: toShown(shown.text) };
      };
      return { request: show('request'), response: show('response') };
    },
  };
};

export const isLinked = <Request extends object>(request: Request): request is Extract<Request, { ending: unknown }> =>
  'ending' in request;

const isKept = (body: KeptBody | Omitted | null): body is KeptBody => body !== null && 'bytes' in body;

const sizeOf = ({ request, response }: Bodies): number =>
  [request, response].reduce((sum, body) => sum + (isKept(body) ? Buffer.byteLength(body.bytes) : 0), 0);

const pathOf = ({ originalUrl }: Request): string => originalUrl.replace(/\?.*/s, '');

/** Also a fault's page of HTML, which its caller got instead; not half an answer. */
const noteAnswer = (response: ApiResponse): void => {
  const send = response.send.bind(response);
  response.send = (answer) => {
    response.locals.answered = String(answer);
    return send(answer);
  };
};
