import { Duplex, type Readable } from 'node:stream';
import type { DockerConnection } from './connection.ts';
import { dial } from './dial.ts';

export type AttachOptions = {
  /** Whether what is written to the connection goes to the process. */
  readonly stdin?: boolean;
};

/**
 * Opens a connection to a container's output from now on, both streams in frames (see `parseFrames`), and to its stdin
 * where that is asked for. Asked before the start, nothing is missed.
 *
 * The client's own `attach` sends its options as a container, too, and Podman hands that to the process
 * (https://github.com/apocas/dockerode/issues/742): here they stand in the query alone.
 *
 * @throws the client's error, as any of its requests
 */
export const attach = async (
  engine: DockerConnection,
  dockerId: string,
  { stdin = false }: AttachOptions = {},
): Promise<Duplex> => {
  const connection = await dial<Readable>(engine, {
    path: `/containers/${dockerId}/attach?`,
    method: 'POST',
    options: { stream: true, stdout: true, stderr: true, ...(stdin ? { stdin } : {}) },
    file: Buffer.alloc(0),
    hijack: true,
    statusCodes: { 101: true, 200: true, 404: 'no such container', 409: 'conflict', 500: 'server error' },
  });
  if (connection instanceof Duplex) return connection;
  // An answer of the ordinary kind: something between here and the engine keeps the connection for itself.
  connection.destroy();
  throw new Error('the engine, or a proxy before it, did not hand over the connection');
};
