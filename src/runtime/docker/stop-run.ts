import { pause, systemClock } from '../../shared/clock.ts';
import type { Run, StopPolicy } from '../port.ts';
import { signalContainer } from './container-api.ts';
import type { RuntimeContext } from './session-containers.ts';

/** Sends the first signal, waits for the grace, then kills; answers when the process has ended. */
export const stopRun = async (
  { connection, graceClock }: Pick<RuntimeContext, 'connection' | 'graceClock'>,
  { dockerId, exited }: Pick<Run, 'dockerId' | 'exited'>,
  { signals: [signal], graceMs }: StopPolicy,
): Promise<void> => {
  // PARITY: the first signal has the whole grace; what the platform does with further ones is unknown.
  if (signal !== undefined) {
    const ended = new AbortController();
    void exited.then(() => ended.abort());
    // It counts from when the stop was asked for. It is over in real time at the latest: a process does not stand still
    // with a frozen clock.
    const isOver = Promise.race([graceClock, systemClock].map((clock) => pause(clock, graceMs, ended.signal)));
    await signalContainer(connection, dockerId, signal);
    if (!(await isOver)) return;
  }
  await signalContainer(connection, dockerId, 'SIGKILL');
  await exited;
};
