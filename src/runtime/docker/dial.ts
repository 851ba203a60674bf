import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';

type Engine = { readonly docker: Docker };
type Request = Omit<Parameters<Docker['modem']['dial']>[0], 'isStream'>;

/**
 * Sends a request that the client has no method for, or does otherwise. Answers the response while it still comes; of a
 * request with `hijack`, the connection.
 *
 * @throws the client's error, as any of its requests
 */
export const dial = async <Answer extends Readable>(
  { docker: { modem } }: Engine,
  request: Request,
): Promise<Answer> => {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  modem.dial({ ...request, isStream: true }, (error, answer) => (error ? reject(error) : resolve(answer as Answer)));
  return await promise;
};

/** The headers of the engine's cheapest answer. */
export const loadPingHeaders = async (engine: Engine, abortSignal?: AbortSignal): Promise<IncomingHttpHeaders> => {
  const request = { path: '/_ping', method: 'GET', statusCodes: { 200: true, 500: 'server error' } };
  const answer = await dial<IncomingMessage>(engine, { ...request, ...(abortSignal && { abortSignal }) });
  return answer.resume().headers;
};
