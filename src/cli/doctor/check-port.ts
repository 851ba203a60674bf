import { once } from 'node:events';
import { createServer } from 'node:net';
import { toListenError } from '../../http/listen-error.ts';
import { type Finding, ok, toFailure } from './finding.ts';

/** Whether `start` could listen there. */
export const checkPort = async (host: string, port: number): Promise<Finding> => {
  const server = createServer();
  try {
    await once(server.listen(port, host), 'listening');
    return ok('Port', `${host} port ${port} is free`);
  } catch (error) {
    return toFailure(
      'Port',
      await toListenError(error as NodeJS.ErrnoException, host, port),
      'cycle-scheduler start --port 0',
    );
  } finally {
    server.close();
  }
};
