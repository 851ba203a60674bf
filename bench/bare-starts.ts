import { setTimeout as pause } from 'node:timers/promises';
import Docker from 'dockerode';
import { monotonicMs, parseFirstInstruction } from './first-instruction-image.ts';

/** Containers like the emulator's own, made and started by the bare client. */
export type BareStarts = AsyncDisposable & {
  /** Makes one and answers what starts it: that tells how long it took until the program's first instruction. */
  prepare(): Promise<() => Promise<number>>;
};

export const createBareStarts = async (image: string): Promise<BareStarts> => {
  const docker = new Docker();
  const bridge = { Name: `cycle-bench-${process.pid}`, Driver: 'bridge' };
  // With IPv6 where the engine can, as the emulator's has it: a start takes longer with than without.
  const network = await docker
    .createNetwork({ ...bridge, EnableIPv6: true, IPAM: { Config: [{ Subnet: 'fd00:be7c::/64' }] } })
    .catch(() => docker.createNetwork(bridge));
  const HostConfig = {
    NetworkMode: network.id,
    ExtraHosts: ['host.docker.internal:host-gateway'],
    SecurityOpt: ['no-new-privileges'],
    LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '1' } },
  };
  return {
    prepare: async () => {
      const container = await docker.createContainer({ Image: image, HostConfig });
      return async () => {
        const before = monotonicMs();
        await container.start();
        const output = () => container.logs({ stdout: true });
        let printed = await output();
        // Its end is told before the engine has written down what it printed.
        for (; printed.length === 0; printed = await output()) await pause(5);
        await container.remove({ force: true, v: true });
        return parseFirstInstruction(printed.toString()) - before;
      };
    },
    [Symbol.asyncDispose]: () => network.remove(),
  };
};
