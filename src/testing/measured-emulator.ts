// Serves a sample stack without containers, in a process of its own whose memory is nobody else's. Its parent asks by a
// message how much that is.
import { startEmulator } from '../emulator.ts';
import { sampleStack } from './sample-stack.ts';

const limits = { max_queue_time: '10ms' };
await using emulator = await startEmulator({
  stack: sampleStack({ sample: { instances: 2, limits } }),
  runtime: 'simulated',
});
process.on('message', () => {
  globalThis.gc?.();
  process.send?.(process.memoryUsage());
});
process.send?.({ port: emulator.port, containerId: emulator.stack.functions[0]?.containerId });
await new Promise((resolve) => process.once('disconnect', resolve));
