import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { packageRoot } from '../src/shared/package.ts';

/** A server of the bench's own, in a process of its own, which ends when it is disposed of. */
export type ForkedServer = AsyncDisposable & { readonly child: ChildProcess; readonly port: number };

/** @param file one of this folder that sends the port it listens on, and ends when its parent disconnects */
export const forkServer = async (file: string, args: readonly string[] = []): Promise<ForkedServer> => {
  const child = fork(join(packageRoot, 'bench', file), args);
  const ended = once(child, 'exit');
  const [port] = await Promise.race([
    once(child, 'message'),
    ended.then(([code]) => Promise.reject(new Error(`${file} ended with ${code} before it listened`))),
  ]);
  return {
    child,
    port,
    [Symbol.asyncDispose]: async () => {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
};
