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
  let server: net.Server | null = null;

  const mend = async (): Promise<void> => {
    server = net.createServer((near) => {
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
        if (one === far && isMute) one.resume();
        else one.pipe(other);
      }
      if (isDeaf) near.once('data', (request: Buffer) => request.includes('/events?') && deafen(far, near));
    });
    server.listen(path);
    await new Promise((resolve) => server?.once('listening', resolve));
  };

  /** Only the head of an answer is let through. */
  const deafen = (far: net.Socket, near: net.Socket): void => {
    far.once('data', () => setImmediate(() => far.unpipe(near).resume()));
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
    cut,
    mend,
    [Symbol.asyncDispose]: async () => {
      await cut();
      rmSync(folder, { recursive: true });
    },
  };
};
