import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import type { LaunchOptions } from 'playwright-core';
import { packageRoot } from '../../src/shared/package.ts';

/** Where a browser runs, and how it reaches what listens on this machine's loopback. */
export type BrowserPlace = Disposable & {
  readonly launch: LaunchOptions;
  reach(port: number): Promise<void>;
};

/**
 * The first process of the namespace. A socket stays in the namespace in which it was made, whichever process listens: so
 * this one makes them, and the tests' own has the connections. The ports from which the browser connects are others than
 * those that emulators get, from the system or by unassignedPort, or it could have taken one that is to be reached.
 */
const makeSockets = `
const { createServer } = require('node:net');
require('node:fs').writeFileSync('/proc/sys/net/ipv4/ip_local_port_range', '1024 9999');
process.on('message', (port) => {
  const server = createServer().listen(port, '127.0.0.1', () => process.send(port, server, () => server.close()));
});
process.send('ready');
`;

/**
 * A network namespace with nothing but a loopback. A browser gives up requests when an address of its machine comes or goes
 * (ERR_NETWORK_CHANGED), and Docker's do so all the time, of other tests, too. Only on Linux are those the tests' machine's.
 */
export const makeBrowserPlace = async (chromium: string): Promise<BrowserPlace> => {
  if (process.platform !== 'linux') {
    return { launch: { executablePath: chromium }, reach: async () => {}, [Symbol.dispose]: () => {} };
  }
  const program = ['sh', '-c', 'ip link set lo up && exec "$0" -e "$1"', process.execPath, makeSockets];
  const first = spawn('unshare', ['--map-root-user', '--net', ...program], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = once(first, 'close').then(([code, signal]) => {
    throw new Error(`The network namespace of Chromium has ended with ${code ?? signal}; unshare says why.`);
  });
  // Also where no step waits for it.
  ended.catch(() => {});
  await Promise.race([once(first, 'message'), ended]);
  const servers = new Map<number, PromiseWithResolvers<Server>>();
  first.on('message', (port: number, server: Server) => {
    servers.get(port)?.resolve(server.on('connection', (inside) => relay(inside, port)));
  });
  return {
    launch: {
      executablePath: join(packageRoot, 'test/support/browser-in-namespace.sh'),
      env: { ...process.env, CHROMIUM: chromium, NAMESPACES_OF: String(first.pid) },
    },
    reach: async (port) => {
      const made = servers.get(port) ?? Promise.withResolvers<Server>();
      if (!servers.has(port)) first.send(port);
      servers.set(port, made);
      await Promise.race([made.promise, ended]);
    },
    [Symbol.dispose]: () => {
      for (const { promise } of servers.values()) void promise.then((server) => server.close());
      first.kill();
    },
  };
};

const relay = (inside: Socket, port: number): void => {
  const outside = connect(port, '127.0.0.1');
  // Where one of them breaks off or is refused, so does the other.
  pipeline(inside, outside, inside, () => {});
};
