import type { RequestHandler } from 'express';
import type { ControlEvent, Controlled } from './controlled.ts';
import type { Numbered } from './history.ts';
import { readWanted } from './wait-for-events.ts';
import { toWireEvent } from './wire-format.ts';

/** How much may wait for a reader who does not read: past it the stream is cut, and `Last-Event-ID` picks it up again. */
const longestBacklogBytes = 1_048_576;

/** Answers what happens as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export const serveEvents =
  ({ events }: Pick<Controlled, 'events'>): RequestHandler =>
  (request, response) => {
    const isWanted = readWanted(request);
    const follows = request.query['follow'] !== 'false';
    const after = request.get('Last-Event-ID');
    const send = (numbered: Numbered<ControlEvent>): void => {
      if (!isWanted(numbered)) return;
      response.write(toServerSentEvent(numbered));
      if (response.writableLength > longestBacklogBytes) response.destroy();
    };

    response.status(200).set({ 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store' });
    // At once, so that a caller knows from when on nothing is missed.
    response.flushHeaders();
    const from = after === undefined ? (follows ? events.latest : 0) : Number(after);
    for (const numbered of events.after(from)) send(numbered);
    if (!follows) {
      response.end();
      return;
    }
    const unfollow = events.follow(send, () => response.end());
    response.once('close', unfollow);
  };

const toServerSentEvent = (numbered: Numbered<ControlEvent>): string =>
  `id: ${numbered.number}\nevent: ${numbered.item.name}\ndata: ${JSON.stringify(toWireEvent(numbered))}\n\n`;
