import type { Request, RequestHandler } from 'express';
import { type ApiResponse, sendData, sendError } from '../http/answers.ts';
import type { ControlEvent, Controlled, Numbered } from './control-target.ts';
import { countMissed, findCursorFault } from './event-cursor.ts';
import { toWireEvent } from './wire-format.ts';

export type Wanted = (numbered: Numbered<ControlEvent>) => boolean;

export const readWanted = ({ query }: Request): Wanted => {
  const { name, instance } = query;
  return ({ item }) =>
    (name === undefined || item.name === name) &&
    (instance === undefined || (item as { readonly instanceId?: unknown }).instanceId === instance);
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
