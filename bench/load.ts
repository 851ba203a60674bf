import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** What one load has shown. Latencies are milliseconds from the first byte written to the last byte read, one a request. */
export type Load = { readonly perSecond: number; readonly latencies: readonly number[] };

export type LoadOptions = {
  readonly port: number;
  /** One whole request; sent again and again as it is. */
  readonly request: string;
  readonly count: number;
  /** How many connections are kept open; each has one request under way. */
  readonly connections: number;
};

/**
 * Sends a request many times over keep-alive connections and reads each answer whole. Written on sockets, because a
 * client that does more than the server would measure itself. Anything but 200 ends it.
 */
export const loadWith = async ({ port, request, count, connections }: LoadOptions): Promise<Load> => {
  const bytes = Buffer.from(request);
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)));
  const latencies: number[] = [];
  let left = count;
  const work = (socket: Socket): Promise<void> =>
    new Promise((resolve, reject) => {
      let startedAt = 0;
      let read: Buffer = Buffer.alloc(0);
      const ask = (): void => {
        if (left === 0) return resolve();
        left -= 1;
        startedAt = performance.now();
        socket.write(bytes);
      };
      socket.on('data', (chunk) => {
        read = read.length === 0 ? chunk : Buffer.concat([read, chunk]);
        const end = endOfAnswer(read);
        if (end instanceof Error) return reject(end);
        if (end === null || read.length < end) return;
        latencies.push(performance.now() - startedAt);
        read = read.subarray(end);
        ask();
      });
      socket.once('error', reject);
      socket.once('end', () => reject(new Error('the server has closed a connection')));
      ask();
    });
  const start = performance.now();
  const release = stayAwake();
  try {
    await Promise.all(sockets.map(work));
  } finally {
    release();
    for (const socket of sockets) socket.destroy();
  }
  return { perSecond: (count / (performance.now() - start)) * 1000, latencies };
};

/**
 * Keeps this process from sleeping between answers. Waking a sleeper is the sender's work: it would be charged to the server,
 * and more so to a slow one, whose caller sleeps more often.
 */
const stayAwake = (): (() => void) => {
  let awake = setImmediate(function again() {
    awake = setImmediate(again);
  });
  return () => clearImmediate(awake);
};

const open = async (port: number): Promise<Socket> => {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return socket;
};

const ok = 'HTTP/1.1 200 ';
const contentLength = /\r\ncontent-length: (\d+)\r\n/i;

/** How many bytes the answer has, headers included; null while its headers are not all there. */
const endOfAnswer = (bytes: Buffer): number | null | Error => {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd === -1) return null;
  const head = bytes.toString('latin1', 0, headEnd + 2);
  const length = contentLength.exec(head)?.[1];
  if (!head.startsWith(ok) || length === undefined)
    return new Error(`unexpected answer: ${bytes.toString('latin1', 0, 1_000)}`);
  return headEnd + 4 + Number(length);
};
