import type { Request, RequestHandler, Response } from 'express';
import { type ApiResponse, type ErrorAnswer, errorAnswer, sendData, sendError } from '../http/answers.ts';
import type { ControlEvent, Controlled, History, Numbered } from './control-target.ts';
import { toWireEvent } from './control-wire.ts';

type Numbers = Pick<History<unknown>, 'earliest' | 'latest'>;

/**
 * What is wrong with a cursor, by the one definition for `after` and `Last-Event-ID`: null where it is 0 or the number of
 * an event. Our choice: a number that no event has had yet comes from another emulator, and is refused.
 */
export const findCursorFault = (cursor: number, { latest }: Numbers, what = 'event'): ErrorAnswer | null =>
  cursor <= latest
    ? null
    : errorAnswer('422.invalid-argument', 'Invalid argument', {
        detail: `There is no ${what} ${cursor} yet: the latest is ${latest}. Use a cursor that this emulator has answered.`,
      });

/** How many events after the cursor are remembered no more. */
const countMissed = (cursor: number, { earliest }: Numbers): number => Math.max(0, earliest - cursor - 1);

type Wanted = (numbered: Numbered<ControlEvent>) => boolean;

const readWanted = ({ query }: Request): Wanted => {
  const { name, instance } = query;
  return ({ item }) =>
    (name === undefined || item.name === name) && (instance === undefined || item.instanceId === instance);
};

/**
 * Answers the events after a cursor as JSON, with the cursor to ask with next. Where there are none yet, it waits for the
 * first: so long in real time, until its caller leaves or until nothing more can come. Callers that give neither cursor
 * nor time want a stream, and pass by.
 */
export const answerEvents =
  ({ events }: Pick<Controlled, 'events'>): RequestHandler =>
  async (request, response: ApiResponse, next) => {
    const { after: cursor, wait } = request.query;
    if (cursor === undefined && wait === undefined) return next();
    const after = Number(cursor ?? events.latest);
    const fault = findCursorFault(after, events);
    if (fault !== null) return sendError(response, fault);
    const isWanted = readWanted(request);
    const find = (): readonly Numbered<ControlEvent>[] => events.after(after).filter(isWanted);
    if (find().length === 0) await untilNext({ events }, isWanted, Number(wait ?? 0), response);
    sendData(response, {
      events: find().map(toWireEvent),
      cursor: events.latest,
      missed: countMissed(after, events),
    });
  };

const untilNext = (
  { events }: Pick<Controlled, 'events'>,
  isWanted: Wanted,
  waitMs: number,
  response: ApiResponse,
): Promise<void> =>
  new Promise((resolve) => {
    if (waitMs === 0) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      unfollow();
      response.off('close', end);
      resolve();
    };
    const timer = setTimeout(end, waitMs);
    response.once('close', end);
    const unfollow = events.follow(
      (numbered) => {
        if (isWanted(numbered)) end();
      },
      // Called within `follow` where nothing more comes already.
      () => setImmediate(end),
    );
  });

/** How much may wait for a reader that does not read: past it the stream is cut, and `Last-Event-ID` picks it up again. */
const longestBacklogBytes = 1_048_576;

/** Answers what happens as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export const serveEvents =
  ({ events }: Pick<Controlled, 'events'>): RequestHandler =>
  (request, response) => {
    const isWanted = readWanted(request);
    const follows = request.query['follow'] !== 'false';
    const after = request.get('Last-Event-ID');
    const from = after === undefined ? (follows ? events.latest : 0) : Number(after);
    const fault = findCursorFault(from, events);
    if (fault !== null) return sendError(response, fault);
    const toText = (numbered: Numbered<ControlEvent>) => (isWanted(numbered) ? toServerSentEvent(numbered) : '');
    stream(events, { after: from, follows, everyMs: readEvery(request), toText, toMissed: toMissedEvent }, response);
  };

/** How long items are gathered before they are sent. */
export const readEvery = ({ query }: Request): number => Number(query['every'] ?? 0);

type Streamed<Item> = {
  readonly after: number;
  readonly follows: boolean;
  readonly everyMs: number;
  readonly toText: (numbered: Numbered<Item>) => string;
  /** Stands for items that are remembered no more, before the first that is. */
  readonly toMissed?: (missed: number, first: Numbered<Item>) => string;
};

/** Answers the items after a number as server-sent events, and those to come. */
export const stream = <Item>(
  history: History<Item>,
  { after, follows, everyMs, toText, toMissed = () => '' }: Streamed<Item>,
  response: Response,
): void => {
  let sent = after;
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
const toMissedEvent = (missed: number, { number, item: { at } }: Numbered<ControlEvent>): string => {
  const item = { name: 'events.missed', at, containerId: null, missed };
  return toServerSentEvent({ number: number - 1, item });
};

/** Written once for all that read the stream. */
const texts = new WeakMap<Numbered<ControlEvent>, string>();

const toServerSentEvent = (numbered: Numbered<ControlEvent>): string => {
  const text =
    texts.get(numbered) ??
    `id: ${numbered.number}\nevent: ${numbered.item.name}\ndata: ${JSON.stringify(toWireEvent(numbered))}\n\n`;
  texts.set(numbered, text);
  return text;
};
