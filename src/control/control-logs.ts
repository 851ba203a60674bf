import type { RequestHandler, Response } from 'express';
import type { LogChunk, RunLog } from '../engine/run-log.ts';
import { type ApiResponse, errorAnswer, sendError } from '../http/answers.ts';
import type { Controlled } from './control-target.ts';

type Stream = LogChunk['stream'];
const bothStreams: readonly Stream[] = ['stdout', 'stderr'];
type Output = Pick<RunLog, 'missingBytesOf' | 'read' | 'follow'>;

/** In which form a chunk of output is answered; null where the form has no way to say what is missing. */
const forms: Readonly<Record<string, (chunk: LogChunk) => string | Uint8Array | null>> = {
  'text/plain': ({ text }) => text,
  'application/octet-stream': ({ data, missingBytes }) => (missingBytes === undefined ? data : null),
  'text/event-stream': ({ stream, data, missingBytes }) =>
    missingBytes === undefined
      ? toServerSentEvent(stream, Buffer.from(data.buffer, data.byteOffset, data.length).toString('base64'))
      : toServerSentEvent('missing', JSON.stringify({ stream, bytes: missingBytes })),
};

const toServerSentEvent = (event: string, data: string): string => `event: ${event}\ndata: ${data}\n\n`;

/** Answers what an instance's latest run has printed, as it is so far or as it comes. */
export const serveLogs =
  ({ logsOf, latestRuns }: Pick<Controlled, 'logsOf' | 'latestRuns'>): RequestHandler<{ instanceId: string }> =>
  async (request, response: ApiResponse) => {
    const { instanceId } = request.params;
    response.locals.instanceId = instanceId;
    const output = logsOf(instanceId);
    if (output === null) {
      sendError(response, unknownInstance(instanceId));
      return;
    }
    const type = request.accepts(Object.keys(forms)) || 'text/plain';
    const wanted = bothStreams.filter((stream) => (request.query['stream'] ?? stream) === stream);
    const follows = request.query['follow'] === 'true';
    response.status(200).type(type).set('Cache-Control', 'no-store');
    if (follows) response.set('Run', latestRuns.nameToFollow(instanceId));
    await answer(output, follows, wanted, forms[type] ?? (({ text }) => text), response);
  };

const answer = async (
  output: Output,
  follows: boolean,
  streams: readonly Stream[],
  toForm: (chunk: LogChunk) => string | Uint8Array | null,
  response: Response,
): Promise<void> => {
  const followed = follows ? output.follow() : null;
  announceMissing(response, (followed ?? output).missingBytesOf(...streams));
  response.flushHeaders();
  // A run may print nothing for an hour; a caller that hangs up meanwhile is not waited for.
  response.once('close', () => void followed?.return());
  let hasBegun = false;
  for await (const chunk of followed ?? output.read()) {
    const form = streams.includes(chunk.stream) ? toForm(chunk) : '';
    // The header says what is missing before the first byte. With a hole after it, bytes would look whole.
    if (form === null && hasBegun) response.destroy();
    if (form === null || form.length === 0) continue;
    await write(response, form);
    hasBegun = true;
  }
  if (!response.destroyed) response.end();
};

const announceMissing = (response: Response, bytes: number | null): void => {
  if (bytes !== 0) response.set('Missing-Bytes', bytes === null ? 'unknown' : String(bytes));
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
