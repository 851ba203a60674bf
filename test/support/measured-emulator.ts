// Serves a sample stack in a process of its own, whose memory and handles are its own. Its parent gives the
// functions as an argument, in JSON, and asks by a message how much it takes.
import { readdirSync } from 'node:fs';
import { type EmulatorOptions, startEmulator } from '../../src/emulator/start-emulator.ts';
import { type SampleFunction, sampleStack } from './sample-stack.ts';

const { runtime, functions } = JSON.parse(process.argv[2] ?? '') as {
  readonly runtime: NonNullable<EmulatorOptions['runtime']>;
  readonly functions: Readonly<Record<string, SampleFunction>>;
};
await using emulator = await startEmulator({ stack: sampleStack(functions), runtime, pull: 'never' });
process.on('message', () => {
  globalThis.gc?.();
  const resources = process.getActiveResourcesInfo();
  // Callers keep connections open for as long as they like, and a timer goes with them.
  const connections = resources.filter((name) => name === 'TCPSocketWrap').length;
  const handles = resources.filter((name) => name !== 'TCPSocketWrap' && name !== 'Timeout').length;
  // The listing has a file open itself.
  const files = process.platform === 'linux' ? readdirSync('/proc/self/fd').length - 1 - connections : 0;
  process.send?.({
    ...process.memoryUsage(),
    files,
    handles,
    full: emulator.readiness().functions.every(({ available, size }) => available === size),
  });
});
process.send?.({
  url: emulator.url,
  port: emulator.port,
  session: emulator.session,
  ids: Object.fromEntries(emulator.stack.functions.map(({ identifier, containerId }) => [identifier, containerId])),
});
await new Promise((resolve) => process.once('disconnect', resolve));
