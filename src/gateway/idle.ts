import type { Socket } from 'node:net';
import type { Alarm, Clock } from '../shared/clock.ts';
import { GatewayFailure } from './failure.ts';

type Idle = { readonly socket: Socket; readonly idleMs: number | null; readonly clock: Clock };

/** Aborts once no byte has come or gone for so long, which is looked for and not noted for each byte. */
export const closeWhenIdle = ({ socket, idleMs, clock }: Idle): { signal: AbortSignal; stop: () => void } => {
  const controller = new AbortController();
  let alarm: Alarm | undefined;
  const watch = (limitMs: number, before: number): void => {
    alarm = clock.alarm(clock.now() + limitMs, () => {
      const bytes = socket.bytesRead + socket.bytesWritten;
      if (bytes !== before) return watch(limitMs, bytes);
      controller.abort(
        new GatewayFailure('timeout_idle', 504, `No byte came or went for ${limitMs / 1000} s, the idle time-out.`),
      );
    });
  };
  if (idleMs !== null) watch(idleMs, socket.bytesRead + socket.bytesWritten);
  return { signal: controller.signal, stop: () => alarm?.cancel() };
};
