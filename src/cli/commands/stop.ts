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
  let session: string | null = null;
  try {
    ({ session } = await remote.ask(attempt, 'health/live', isLive));
    await remote.ask(attempt, 'stop', isSession, { method: 'POST' });
  } catch (error) {
    // It goes already: another has stopped it, and it cuts off what is asked now.
    if (!(session === null ? isReset(error) : isUnreachable(error))) throw error;
  }
  const deadline = performance.now() + goneWithinMs;
  while (await isThere(remote, session)) {
    if (performance.now() > deadline) throw stillThere(session);
    await pause(askEveryMs);
  }
  if (json) printJson({ event: 'stopped', session });
  else print(session === null ? 'stopped' : `stopped session ${session}`);
};

const isReset = (error: unknown): boolean =>
  error instanceof EmulatorError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNRESET';

const isSilent = (error: unknown): boolean => error instanceof EmulatorError && error.cause instanceof Silence;

const isUnreachable = (error: unknown): boolean => hasCode(error, errorCodes.emulatorUnreachable) && !isSilent(error);

const isThere = async (remote: Remote, session: string | null): Promise<boolean> => {
  try {
    const live = await remote.live();
    return session === null || live.session === session;
  } catch (error) {
    // What answers there now is another server, or none.
    if (isUnreachable(error) || hasCode(error, errorCodes.refused)) return false;
    if (isSilent(error)) return true;
    throw error;
  }
};

const stillThere = (session: string | null): EmulatorError =>
  new EmulatorError(
    errorCodes.refused,
    `Failed to stop ${session === null ? 'the emulator' : `session ${session}`}: it is still there after ${goneWithinMs / 1000} s. Look at its log.`,
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
