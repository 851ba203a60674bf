import { Duplex, type Readable } from 'node:stream';
import type Docker from 'dockerode';

type Connected = { readonly docker: Docker };
type Request = Omit<Parameters<Docker['modem']['dial']>[0], 'isStream'>;

/**
 * Sends a request that the client has no method for, or does otherwise. Answers the response while it still comes; of a
 * request with `hijack`, the connection.
 *
 * @throws the client's error, as any of its requests
 */
export const dial = async <Answer extends Readable>(
  { docker: { modem } }: Connected,
  request: Request,
): Promise<Answer> => {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  modem.dial({ ...request, isStream: true }, (error, answer) => (error ? reject(error) : resolve(answer as Answer)));
  return await promise;
};

export type AttachOptions = {
  /** Whether what is written to the stream goes to the process. */
  readonly stdin?: boolean;
};

/**
 * Opens a stream of a container's output from now on, both streams in frames (see `parseFrames`), and to its stdin
 * where that is asked for. Asked before the start, nothing is missed.
 *
 * The client's own `attach` sends its options as a container, too, and Podman hands that to the process
 * (https://github.com/apocas/dockerode/issues/742): here they stand in the query alone.
 *
 * @throws the client's error, as any of its requests
 */
export const attach = async (
  connection: Connected,
  dockerId: string,
  { stdin = false }: AttachOptions = {},
): Promise<Duplex> => {
  const stream = await dial<Readable>(connection, {
    path: `/containers/${dockerId}/attach?`,
    method: 'POST',
    options: { stream: true, stdout: true, stderr: true, ...(stdin ? { stdin } : {}) },
    file: Buffer.alloc(0),
    hijack: true,
    statusCodes: { 101: true, 200: true, 404: 'no such container', 409: 'conflict', 500: 'server error' },
  });
  if (stream instanceof Duplex) return stream;
  // An answer of the ordinary kind: something between here and the engine keeps the connection for itself.
  stream.destroy();
  throw new Error('the engine, or a proxy before it, did not hand over the connection');
};
