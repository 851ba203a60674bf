import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A socket that passes everything on to the engine's, until it is cut. To its clients the engine went away. */
export type BrokenLine = AsyncDisposable & {
  /** For the option `docker`. */
  readonly url: string;
  /** Takes new connections and lets their requests through, and no answers, until it is cut. */
  swallowAnswers(): void;
  /** From now on, no reader gets events. */
  swallowEvents(): void;
  /** From now on, the engine will not remove a network: it counts endpoints in it, used or not. */
  keepNetworks(): void;
  /** Does this before the next container is made. */
  beforeCreate(work: () => Promise<unknown>): void;
  /** Breaks every connection and takes no new ones. */
  cut(): Promise<void>;
  mend(): Promise<void>;
};

export const startBrokenLine = async (engineUrl: string): Promise<BrokenLine> => {
  const folder = mkdtempSync(join(tmpdir(), 'cycle-line-'));
  const path = join(folder, 'docker.sock');
  const open = new Set<net.Socket>();
  let isSwallowing = false;
  let isDeaf = false;
  let keepsNetworks = false;
  let beforeCreate: (() => Promise<unknown>) | null = null;
  let server: net.Server | null = null;

  const connect = (near: net.Socket): void => {
    const far = net.connect(engineUrl.replace('unix://', ''));
    const isMute = isSwallowing;
    for (const [one, other] of [[near, far] as const, [far, near] as const]) {
      open.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        open.delete(one);
        // The engine closes what it has answered, and the end of an answer is swallowed like the rest.
        if (one === near || !isMute) other.destroy();
      });
    }
    if (isMute) far.resume();
    else far.pipe(near);
    if (keepsNetworks) near.once('data', (request: Buffer) => refuseRemoval(near, far, request));
    else if (beforeCreate !== null) near.once('data', (request: Buffer) => void holdCreate(near, far, request));
    else near.pipe(far);
    if (isDeaf) near.once('data', (request: Buffer) => request.includes('/events?') && deafen(far, near));
  };

  const mend = async (): Promise<void> => {
    server = net.createServer(connect);
    server.listen(path);
    await new Promise((resolve) => server?.once('listening', resolve));
  };

  /** Only the head of an answer is let through. */
  const deafen = (far: net.Socket, near: net.Socket): void => {
    far.once('data', () => setImmediate(() => far.unpipe(near).resume()));
  };

  const refuseRemoval = (near: net.Socket, far: net.Socket, request: Buffer): void => {
    if (!/^DELETE \S*\/networks\//.test(request.toString('latin1'))) {
      far.write(request);
      near.pipe(far);
      return;
    }
    const body = JSON.stringify({ message: 'error while removing network: network n id 0a has active endpoints' });
    const head = `HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
    near.end(`${head}Connection: close\r\n\r\n${body}`);
  };

  const holdCreate = async (near: net.Socket, far: net.Socket, request: Buffer): Promise<void> => {
    near.pause();
    if (beforeCreate !== null && /^POST \S*\/containers\/create/.test(request.toString('latin1'))) {
      const work = beforeCreate;
      beforeCreate = null;
      await work();
    }
    far.write(request);
    near.pipe(far);
  };

  const cut = async (): Promise<void> => {
    const closed = new Promise((resolve) => (server ? server.close(resolve) : resolve(null)));
    server = null;
    isSwallowing = false;
    for (const socket of open) socket.destroy();
    await closed;
  };

  await mend();
  return {
    url: `unix://${path}`,
    swallowAnswers: () => {
      isSwallowing = true;
    },
    swallowEvents: () => {
      isDeaf = true;
    },
    keepNetworks: () => {
      keepsNetworks = true;
    },
    beforeCreate: (work) => {
      beforeCreate = work;
    },
    cut,
    mend,
    [Symbol.asyncDispose]: async () => {
      await cut();
      rmSync(folder, { recursive: true });
    },
  };
};
