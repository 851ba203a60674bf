import type { Request, Response } from 'express';
import type { LogChunk } from '../engine/run-log.ts';
import { type ApiResponse, type ErrorAnswer, errorAnswer, sendError } from '../http/answers.ts';
import type { History, Numbered } from '../shared/events.ts';
import type { ControlEvent, Controlled } from './control-target.ts';
import { toWireEvent, toWireRequest } from './control-wire.ts';

// Answers that may go on for as long as their reader reads: events, requests, and what instances print.

/** Those of the path of the operation. */
export type ControlRequest = Request<Readonly<Record<'functionName' | 'faultId' | 'instanceId' | 'requestId', string>>>;

/** In the form of server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
const toServerSentEvent = (event: string, data: string): string => `event: ${event}\ndata: ${data}\n\n`;

type Numbers = Pick<History<unknown>, 'earliest' | 'latest'>;

/**
 * What is wrong with a cursor, by the one definition for `after` and `Last-Event-ID`: null where it is 0 or the number of
 * an event. Our choice: a number that no event has had yet comes from another emulator, and is refused.
 */
const findCursorFault = (cursor: number, { latest }: Numbers, what: string): ErrorAnswer | null =>
  cursor <= latest
    ? null
    : errorAnswer('422.invalid-argument', 'Invalid argument', {
        detail: `There is no ${what} ${cursor} yet: the latest is ${latest}. Use a cursor that this emulator has answered.`,
      });

/** How many events after the cursor are remembered no more. */
const countMissed = (cursor: number, { earliest }: Numbers): number => Math.max(0, earliest - cursor - 1);

type Wanted = (numbered: Numbered<ControlEvent>) => boolean;

/**
 * Answers events: with a cursor or a time those after the cursor as JSON, with the cursor to ask with next, and without
 * both as a stream. Where there are none yet, the JSON waits for the first: so long in real time, until its caller leaves or
 * until nothing more can come.
 */
export const answerEvents = async ({ events }: Controlled, request: ControlRequest, response: ApiResponse) => {
  const { after: cursor, wait, name, instance, follow } = request.query;
  const isWanted: Wanted = ({ item }) =>
    (name === undefined || item.name === name) && (instance === undefined || item.instanceId === instance);
  if (cursor === undefined && wait === undefined) {
    const toText = (numbered: Numbered<ControlEvent>) => (isWanted(numbered) ? toEventText(numbered) : '');
    return stream(events, { what: 'event', follows: follow !== 'false', toText, toMissed }, request, response);
  }
  const after = Number(cursor ?? events.latest);
  const fault = findCursorFault(after, events, 'event');
  if (fault !== null) return sendError(response, fault);
  const find = (): readonly Numbered<ControlEvent>[] => events.after(after).filter(isWanted);
  if (find().length === 0) await untilNext(events, isWanted, Number(wait ?? 0), response);
  return { events: find().map(toWireEvent), cursor: events.latest, missed: countMissed(after, events) };
};

const untilNext = async (events: Controlled['events'], isWanted: Wanted, waitMs: number, response: ApiResponse) => {
  if (waitMs === 0) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, waitMs);
  response.once('close', resolve);
  const unfollow = events.follow((numbered) => {
    if (isWanted(numbered)) resolve();
  }, resolve);
  await promise;
  clearTimeout(timer);
  unfollow();
  response.off('close', resolve);
};

/** Answers the requests that are remembered, or follows them as server-sent events. */
export const answerRequests = ({ requests }: Controlled, request: ControlRequest, response: ApiResponse) => {
  if (request.accepts(['json', 'text/event-stream']) !== 'text/event-stream')
    return requests.after(0).map(toWireRequest);
  const toText = (numbered: Parameters<typeof toWireRequest>[0]) =>
    `id: ${numbered.number}\n${toServerSentEvent('request', JSON.stringify(toWireRequest(numbered)))}`;
  return stream(requests, { what: 'request', follows: true, toText }, request, response);
};

/** How much may wait for a reader that does not read: past it the stream is cut, and `Last-Event-ID` picks it up again. */
const longestBacklogBytes = 1_048_576;

type Streamed<Item> = {
  readonly what: string;
  readonly follows: boolean;
  readonly toText: (numbered: Numbered<Item>) => string;
  /** Stands for items that are remembered no more, before the first that is. */
  readonly toMissed?: (missed: number, first: Numbered<Item>) => string;
};

/** Answers the items after `Last-Event-ID` as server-sent events, and those to come. */
export const stream = <Item>(
  history: History<Item>,
  { what, follows, toText, toMissed = () => '' }: Streamed<Item>,
  request: Pick<Request, 'get' | 'query'>,
  response: ApiResponse,
): void => {
  let sent = Number(request.get('Last-Event-ID') ?? (follows ? history.latest : 0));
  const fault = findCursorFault(sent, history, what);
  if (fault !== null) return sendError(response, fault);
  /** How long items are gathered before they are sent. */
  const everyMs = Number(request.query['every'] ?? 0);
  let timer: NodeJS.Timeout | undefined;
  const send = (): void => {
    timer = undefined;
    const items = history.after(sent);
    const missed = countMissed(sent, history);
    sent = history.latest;
    const begin = missed > 0 && items[0] !== undefined ? toMissed(missed, items[0]) : '';
    const text = begin + items.map(toText).join('');
    if (text === '') return;
    // Not what is written now: all that is remembered may be more, and a reader that reads gets it.
    if (response.writableLength > longestBacklogBytes) response.destroy();
    else response.write(text);
  };
  response.status(200).set({ 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store' });
  // At once, so that a caller knows from when on nothing is missed.
  response.flushHeaders();
  send();
  if (!follows) {
    response.end();
    return;
  }
  const sendSoon = (): void => {
    if (everyMs === 0) send();
    else timer ??= setTimeout(send, everyMs);
  };
  const unfollow = history.follow(sendSoon, () => {
    send();
    response.end();
  });
  response.once('close', () => {
    clearTimeout(timer);
    unfollow();
  });
};

/** Stands for forgotten events, before the first that is remembered; no filter leaves it out. */
const toMissed = (missed: number, { number, item: { at } }: Numbered<ControlEvent>): string => {
  const item = { name: 'events.missed', at, containerId: null, missed };
  return toEventText({ number: number - 1, item });
};

/** Written once for all that read the stream. */
const texts = new WeakMap<Numbered<ControlEvent>, string>();

const toEventText = (numbered: Numbered<ControlEvent>): string => {
  const { number, item } = numbered;
  const text =
    texts.get(numbered) ?? `id: ${number}\n${toServerSentEvent(item.name, JSON.stringify(toWireEvent(numbered)))}`;
  texts.set(numbered, text);
  return text;
};

type Stream = LogChunk['stream'];
const bothStreams: readonly Stream[] = ['stdout', 'stderr'];

/** In which form a chunk of output is answered; null where the form has no way to say what is missing. */
const forms: Readonly<Record<string, (chunk: LogChunk) => string | Uint8Array | null>> = {
  'text/plain': ({ text }) => text,
  'application/octet-stream': ({ data, missingBytes }) => (missingBytes === undefined ? data : null),
  'text/event-stream': ({ stream, data, missingBytes }) =>
    missingBytes === undefined
      ? toServerSentEvent(stream, Buffer.from(data.buffer, data.byteOffset, data.length).toString('base64'))
      : toServerSentEvent('missing', JSON.stringify({ stream, bytes: missingBytes })),
};

/** Answers what an instance's latest run has printed, as it is so far or as it comes. */
export const answerLogs = async (
  { logsOf, latestRuns }: Pick<Controlled, 'logsOf' | 'latestRuns'>,
  request: Request<{ instanceId: string }>,
  response: ApiResponse,
): Promise<void> => {
  const { instanceId } = request.params;
  const output = logsOf(instanceId);
  if (output === null) return sendError(response, unknownInstance(instanceId));
  const type = request.accepts(Object.keys(forms)) || 'text/plain';
  const wanted = bothStreams.filter((stream) => (request.query['stream'] ?? stream) === stream);
  response.status(200).type(type).set('Cache-Control', 'no-store');
  const followed = request.query['follow'] === 'true' ? output.follow() : null;
  if (followed !== null) response.set('Run', latestRuns.nameToFollow(instanceId));
  const missing = (followed ?? output).missingBytesOf(...wanted);
  if (missing !== 0) response.set('Missing-Bytes', missing === null ? 'unknown' : String(missing));
  response.flushHeaders();
  // A run may print nothing for an hour; a caller that hangs up meanwhile is not waited for.
  response.once('close', () => void followed?.return());
  await writeAll(followed ?? output.read(), wanted, forms[type] ?? (({ text }) => text), response);
};

const writeAll = async (
  chunks: AsyncIterable<LogChunk> | Iterable<LogChunk>,
  wanted: readonly Stream[],
  toForm: (chunk: LogChunk) => string | Uint8Array | null,
  response: ApiResponse,
): Promise<void> => {
  let hasBegun = false;
  for await (const chunk of chunks) {
    const form = wanted.includes(chunk.stream) ? toForm(chunk) : '';
    // The header says what is missing before the first byte. With a hole after it, bytes would look whole.
    if (form === null && hasBegun) response.destroy();
    if (form === null || form.length === 0) continue;
    await write(response, form);
    hasBegun = true;
  }
  if (!response.destroyed) response.end();
};

/** Resolves when more can be written: what waits for a reader is bounded. */
const write = (response: Response, piece: string | Uint8Array): Promise<void> =>
  new Promise((resolve) => {
    if (response.destroyed || response.write(piece, () => resolve())) resolve();
  });

export const unknownInstance = (instanceId: string) =>
  errorAnswer('404.instance', 'Unknown instance', {
    detail: `No function has an instance ${instanceId}. GET /_emulator/state lists all.`,
  });
