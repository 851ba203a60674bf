import { once } from 'node:events';
import type { RequestHandler, Response } from 'express';
import type { RunLog } from '../engine/run-log.ts';
import { type ApiResponse, sendError } from '../http/api-response.ts';
import { errorAnswer } from '../http/error-answer.ts';
import type { Controlled } from './controlled.ts';

type Stream = 'stdout' | 'stderr';
type Output = Pick<RunLog, 'text' | Stream | 'follow'>;

/** Answers what an instance's latest run has printed, as it is so far or as it comes. */
export const serveLogs =
  ({ logsOf }: Pick<Controlled, 'logsOf'>): RequestHandler<{ instanceId: string }> =>
  async (request, response: ApiResponse) => {
    const { instanceId } = request.params;
    response.locals.instanceId = instanceId;
    const output = logsOf(instanceId);
    if (output === null) {
      sendError(response, unknownInstance(instanceId));
      return;
    }
    response.status(200).type('text/plain');
    const stream = request.query['stream'] as Stream | undefined;
    if (request.query['follow'] === 'true') await follow(output, stream, response);
    else response.send(output[stream ?? 'text']);
  };

const follow = async (output: Output, stream: Stream | undefined, response: Response): Promise<void> => {
  response.flushHeaders();
  const chunks = output.follow();
  const left = new AbortController();
  response.once('close', () => left.abort());
  const gone = once(left.signal, 'abort').then(() => ({ done: true, value: undefined }) as const);
  for (;;) {
    // A run may print nothing for an hour; whoever hangs up meanwhile is not waited for.
    const { done, value } = await Promise.race([chunks.next(), gone]);
    if (done || value === undefined) break;
    if (stream !== undefined && value.stream !== stream) continue;
    if (!response.write(value.text)) await Promise.race([once(response, 'drain'), gone]);
  }
  response.end();
};

const unknownInstance = (instanceId: string) =>
  errorAnswer('404.instance', 'Unknown instance', {
    detail: `No function has an instance ${instanceId}. GET /_emulator/state lists all.`,
  });
