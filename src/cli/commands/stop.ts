import { setTimeout as pause } from 'node:timers/promises';
import { EmulatorError, errorCodes, hasCode } from '../../shared/errors.ts';
import { withoutPassword } from '../../shared/without-password.ts';
import { isLive, isSession } from '../client/control-shapes.ts';
import { Remote } from '../client/emulator-client.ts';
import { Silence } from '../client/exchange.ts';
import type { RemoteFlags } from '../options.ts';
import { print, printJson, renderTable } from '../output.ts';
import { logOf } from '../start/detach.ts';

/** Nothing announces that a process has gone, so it is asked for, this often and this long. */
const askEveryMs = 100;
const goneWithinMs = 60_000;

/** `stop`: ends the emulator as a signal would, and waits until it is gone. */
export const stop = async ({ json, ...connection }: RemoteFlags): Promise<void> => {
  const remote = new Remote(connection);
  const attempt = 'stop the emulator';
  const { session } = await remote.ask(attempt, 'health/live', isLive);
  await remote.ask(attempt, 'stop', isSession, { method: 'POST' }).catch((error: unknown) => {
    // It goes already, for another has stopped it meanwhile.
    if (!isCutOff(error)) throw error;
  });
  const deadline = performance.now() + goneWithinMs;
  while (await isThere(remote, session)) {
    if (performance.now() > deadline) throw stillThere(session);
    await pause(askEveryMs);
  }
  if (json) printJson({ event: 'stopped', session });
  else print(`stopped session ${session}`);
};

const isCutOff = (error: unknown): boolean =>
  error instanceof EmulatorError && error.code === errorCodes.emulatorUnreachable && !(error.cause instanceof Silence);

const isThere = async (remote: Remote, session: string): Promise<boolean> => {
  try {
    return (await remote.live()).session === session;
  } catch (error) {
    // What answers there now is another server, or none. A process that is silent is still there.
    if (isCutOff(error) || hasCode(error, errorCodes.refused)) return false;
    if (error instanceof EmulatorError && error.cause instanceof Silence) return true;
    throw error;
  }
};

const stillThere = (session: string): EmulatorError =>
  new EmulatorError(
    errorCodes.refused,
    `Failed to stop session ${session}: it is still there after ${goneWithinMs / 1000} s. Look at its log.`,
  );

/** `status`: which emulator is there, and whether it is ready; 1 where it is not. Needs no access key. */
export const status = async ({ json, ...connection }: RemoteFlags): Promise<number> => {
  const remote = new Remote(connection);
  const live = await remote.live();
  const { reason, functions } = await remote.ready();
  const url = withoutPassword(connection.url);
  const log = logOf(live);
  if (json) printJson({ ready: reason === null, reason, url, ...live, log, functions });
  else {
    const counts = functions.map(({ identifier, container_id: _id, ...numbers }) => {
      const words = Object.entries(numbers).filter(([, count]) => count !== 0);
      return [identifier, words.map(([name, count]) => `${count} ${name}`).join(', ')];
    });
    const rows = [
      ['SESSION', live.session],
      ['PROCESS', `${live.pid}, started ${live.started_at}`],
      ['URL', url],
      ...(log === null ? [] : [['LOG', log]]),
      ...counts,
    ];
    print(renderTable(['STATUS', reason === null ? 'ready' : `not ready: ${reason}`], rows));
  }
  return reason === null ? 0 : 1;
};
