import { createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type Address, reach } from './reach.ts';

/** A published port: it accepts whether the function listens or not, and closes while that does not. */
const publish = async (listens: () => boolean) => {
  const accepted: Socket[] = [];
  const server = createServer((socket) => {
    accepted.push(socket);
    if (!listens()) socket.destroy();
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    accepted,
    port: (server.address() as { port: number }).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of accepted) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

const never = new AbortController().signal;

describe('a published port', () => {
  it('gets one connection, once the function is seen to listen', async () => {
    let looks = 0;
    await using published = await publish(() => looks >= 4);
    const listensInside = () => {
      looks += 1;
      return Promise.resolve(looks >= 4);
    };
    const socket = await reach({ host: '127.0.0.1', port: published.port, listensInside }, never);
    socket.destroy();
    expect([looks, published.accepted.length]).toEqual([4, 1]);
  });

  it('is tried again while it closes connections, where the inside cannot be seen', async () => {
    const before = 3;
    await using published = await publish(() => published.accepted.length > before);
    const address: Address = { host: '127.0.0.1', port: published.port, listensInside: () => Promise.resolve(null) };
    const socket = await reach(address, never);
    expect(socket.destroyed).toBe(false);
    socket.destroy();
    expect(published.accepted).toHaveLength(before + 1);
  });

  it('is waited for no longer once the signal aborts, even if the engine never answers', async () => {
    const gone = new AbortController();
    const asked = Promise.withResolvers<void>();
    const listensInside = () => {
      asked.resolve();
      return new Promise<never>(() => {});
    };
    const failed = expect(reach({ host: '127.0.0.1', port: 1, listensInside }, gone.signal)).rejects.toThrow('gone');
    await asked.promise;
    gone.abort(new Error('gone'));
    await failed;
  });
});
