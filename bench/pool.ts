// 1,000 containers made in advance and taken away again, beside the same containers made by the bare client with the
// same concurrency. Machines are noisy: read the ratio, not the seconds.
import Docker from 'dockerode';
import pLimit from 'p-limit';
import { type Emulator, startEmulator } from '../src/emulator.ts';
import { sampleStack } from '../src/testing/sample-stack.ts';
import { secondsOf } from './measure.ts';

const concurrency = 4;

const emulatorPool = async (size: number): Promise<{ made: number; removed: number }> => {
  const stack = sampleStack({ pool: { instances: size, limits: { max_pool_size: size } } });
  let emulator: Emulator | undefined;
  const made = await secondsOf(async () => {
    emulator = await startEmulator({ stack });
  });
  const removed = await secondsOf(async () => emulator?.stop());
  return { made, removed };
};

const barePool = async (size: number): Promise<{ made: number; removed: number }> => {
  const docker = new Docker();
  const limit = pLimit(concurrency);
  const network = await docker.createNetwork({ Name: 'cycle-bench-bare', Driver: 'bridge' });
  const containers: Docker.Container[] = [];
  const create = async (): Promise<void> => {
    const HostConfig = { NetworkMode: 'cycle-bench-bare' };
    containers.push(await docker.createContainer({ Image: 'busybox:1.37', Cmd: ['sleep', '1000'], HostConfig }));
  };
  const made = await secondsOf(() => Promise.all(Array.from({ length: size }, () => limit(create))));
  const removed = await secondsOf(() =>
    Promise.all(containers.map((container) => limit(() => container.remove({ force: true, v: true })))),
  );
  await network.remove();
  return { made, removed };
};

/** Seconds to make and to remove a pool, ours beside bare. */
export const measurePool = async (size: number) => {
  const bare = await barePool(size);
  const ours = await emulatorPool(size);
  return { size, concurrency, bare, ours, ratio: ours.made / bare.made };
};
