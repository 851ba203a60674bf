import { setTimeout as pause } from 'node:timers/promises';
import { EmulatorError, errorCodes, hasCode } from '../shared/errors.ts';
import { withoutPassword } from '../shared/without-password.ts';
import { isSession } from './control-shapes.ts';
import { logOf } from './detach.ts';
import { Remote } from './emulator-client.ts';
import type { RemoteFlags } from './options.ts';
import { print, printJson, renderTable } from './output.ts';

/** Nothing announces that a process has gone, so it is asked for, this often and this long. */
const askEveryMs = 100;
const goneWithinMs = 60_000;

/** `stop`: ends the emulator as a signal would, and waits until it is gone. */
export const stop = async ({ json, ...connection }: RemoteFlags): Promise<void> => {
  const remote = new Remote(connection);
  const { session } = await remote.ask('stop the emulator', 'stop', isSession, { method: 'POST' });
  const deadline = performance.now() + goneWithinMs;
  while (await isThere(remote, session)) {
    if (performance.now() > deadline) throw stillThere(session);
    await pause(askEveryMs);
  }
  if (json) printJson({ event: 'stopped', session });
  else print(`stopped session ${session}`);
};

const isThere = async (remote: Remote, session: string): Promise<boolean> => {
  try {
    return (await remote.live()).session === session;
  } catch (error) {
    // What answers there now is another server, or none.
    if (hasCode(error, errorCodes.emulatorUnreachable) || hasCode(error, errorCodes.refused)) return false;
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
  const found = {
    ready: reason === null,
    reason,
    url: withoutPassword(connection.url),
    ...live,
    log: logOf(live),
    functions,
  };
  if (json) printJson(found);
  else {
    const counts = functions.map((spec) => {
      const { identifier, container_id: _id, ...numbers } = spec;
      const words = Object.entries(numbers).filter(([, count]) => count !== 0);
      return [identifier, words.map(([name, count]) => `${count} ${name}`).join(', ')];
    });
    print(
      renderTable(
        ['STATUS', found.ready ? 'ready' : `not ready: ${reason}`],
        [
          ['SESSION', live.session],
          ['PROCESS', `${live.pid}, started ${live.started_at}`],
          ['URL', found.url],
          ...(found.log === null ? [] : [['LOG', found.log]]),
          ...counts,
        ],
      ),
    );
  }
  return found.ready ? 0 : 1;
};
