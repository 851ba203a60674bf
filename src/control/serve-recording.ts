import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { RequestHandler } from 'express';
import type { Controlled } from './control-target.ts';

/** Answers the recording piece by piece, no faster than it is read: as a whole it could be larger than the memory. */
export const serveRecording =
  ({ recorder }: Pick<Controlled, 'recorder'>): RequestHandler =>
  async (_request, response) => {
    response.status(200).type('json');
    // A caller that leaves before the end is no failure; the line about the request says that it left.
    await pipeline(Readable.from(toText(recorder.recording())), response).catch(() => response.destroy());
  };

function* toText(recording: ReturnType<Controlled['recorder']['recording']>): Iterable<string> {
  const { version, complete, exchanges } = recording;
  yield `{"data":{"version":${version},"complete":${complete},"exchanges":[`;
  let separator = '';
  for (const exchange of exchanges) {
    yield separator + JSON.stringify(exchange);
    separator = ',';
  }
  yield ']}}';
}
