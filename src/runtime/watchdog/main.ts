// The watchdog's program. Its stdin is a pipe that the emulator holds open and never writes to again after the order;
// the pipe ends with the emulator's process, for any cause, and then what the session has left is removed, or the group is killed.
// An emulator that stops as it should ends the watchdog first.
import { text } from 'node:stream/consumers';
import type { WatchdogOrder } from './start-watchdog.ts';

process.title = 'cycle-scheduler watchdog';
const order = JSON.parse((await text(process.stdin)) || 'null') as WatchdogOrder | null;
if (order !== null && 'group' in order) process.kill(-order.group, 'SIGKILL');
else if (order !== null) {
  // Only now: while it waits, it shall cost as little memory as a process can.
  const { removeSession } = await import('../docker/session/leftovers.ts');
  process.exitCode = (await removeSession(order.endpoint, order.session)) ? 0 : 1;
}
