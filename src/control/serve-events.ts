import type { RequestHandler } from 'express';
import { sendError } from '../http/answers.ts';
import type { ControlEvent, Controlled, Numbered } from './control-target.ts';
import { countMissed, findCursorFault } from './event-cursor.ts';
import { readWanted } from './wait-for-events.ts';
import { toWireEvent } from './wire-format.ts';

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
    const send = (numbered: Numbered<ControlEvent>): void => {
      if (!isWanted(numbered)) return;
      response.write(toServerSentEvent(numbered));
      if (response.writableLength > longestBacklogBytes) response.destroy();
    };

    response.status(200).set({ 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store' });
    // At once, so that a caller knows from when on nothing is missed.
    response.flushHeaders();
    const missed = countMissed(from, events);
    const remembered = events.after(from);
    if (missed > 0 && remembered[0] !== undefined) response.write(toMissedEvent(missed, remembered[0]));
    for (const numbered of remembered) send(numbered);
    if (!follows) {
      response.end();
      return;
    }
    const unfollow = events.follow(send, () => response.end());
    response.once('close', unfollow);
  };

/** Stands for forgotten events, before the first that is remembered; no filter leaves it out. */
const toMissedEvent = (missed: number, { number, item: { at } }: Numbered<ControlEvent>): string => {
  const item = { name: 'events.missed', at, containerId: null, missed };
  return toServerSentEvent({ number: number - 1, item });
};

const toServerSentEvent = (numbered: Numbered<ControlEvent>): string =>
  `id: ${numbered.number}\nevent: ${numbered.item.name}\ndata: ${JSON.stringify(toWireEvent(numbered))}\n\n`;
