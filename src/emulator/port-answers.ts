import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Nothing announces that a process listens, so the port is asked, this often. */
const askEveryMs = 20;

/** How long a connection must stay open: Docker's proxy accepts for a container that does not listen yet, and then closes. */
const staysOpenMs = 50;

/** Resolves once connections are accepted there; rejects with the signal's reason when it aborts. */
export const portAnswers = async (
  address: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<void> => {
  for (;;) {
    signal.throwIfAborted();
    if (await staysOpen(address)) return;
    await pause(askEveryMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
};

const staysOpen = (address: { readonly host: string; readonly port: number }): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ ...address, timeout: 1_000 });
    const say = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => setTimeout(() => say(true), staysOpenMs));
    socket.once('data', () => say(true));
    for (const failure of ['end', 'error', 'close', 'timeout']) socket.once(failure, () => say(false));
    socket.on('error', () => {});
  });
