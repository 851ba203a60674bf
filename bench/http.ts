import { once } from 'node:events';
import { openClient } from './client.ts';
import { type EmulatorProcess, untilFull } from './emulator-process.ts';
import { forkServer } from './fork-server.ts';
import { exchange, spawnByApi, startHttpFunction } from './http-function.ts';
import { interleave } from './interleave.ts';
import { type Row, times } from './row.ts';
import type { Sampled } from './samples.ts';
import { cpuMsOf } from './throughput-contenders.ts';

const first = { api: 'claim and spawn by the API, then the function itself', gateway: 'the gateway' } as const;

export const firstByteRow: Row = {
  key: 'i',
  title: 'First byte of a hot function’s answer over HTTP',
  unit: 'ms',
  limits:
    'Both ways start a shell in a hot container and ask its port until it listens. A caller of the API needs two answers ' +
    'before, the gateway none; it checks no request against a description, and passes the answer on.',
  targets: () => [times(first.gateway, '≤', 1.5, first.api)],
  measure: async ({ short, signal }) => {
    await using emulator = await startHttpFunction(signal);
    using client = openClient();
    const samples = await interleave(
      {
        api: async () => {
          const beganAt = performance.now();
          await using instance = await spawnByApi(emulator, client);
          const spawnMs = performance.now() - beganAt;
          return spawnMs + (await exchange({ ...instance, path: '/zeros/1' })).firstByteMs;
        },
        gateway: async () => (await throughGateway(emulator, '/zeros/1')).firstByteMs,
      },
      { rounds: short ? 3 : 40, warmUp: short ? 1 : 5, signal },
    );
    return [
      { name: first.api, samples: samples.api },
      { name: first.gateway, samples: samples.gateway, beside: first.api },
    ];
  },
};

const throughGateway = async (emulator: EmulatorProcess, path: string, upload?: number) => {
  const { hostname: host, port } = new URL(emulator.gatewayUrl ?? '');
  const exchanged = await exchange({ host, port: Number(port), path, ...(upload === undefined ? {} : { upload }) });
  await untilFull(emulator);
  return exchanged;
};

const loads = {
  zeros: { says: 'zeros from the function', path: '/zeros/', isUpload: false },
  random: { says: 'random bytes that the function makes', path: '/random/', isUpload: false },
  hash: { says: 'an upload that the function hashes', path: '/', isUpload: true },
} as const;

const whole = 200_000_000;

/** What is left to compare where a machine is busy otherwise. */
const processorTime = { pipe: 'processor time: a bare pipe', gateway: 'processor time: the gateway' } as const;

const nameOf = (load: keyof typeof loads, way: string): string => `${loads[load].says}: ${way}`;

export const largeBodiesRow: Row = {
  key: 'j',
  title: '200 MB over HTTP, from their first byte to their last',
  unit: 'ms',
  limits:
    'Three processes share the cores: function, proxy and caller. A pipe of two sockets in Node that looks at no byte is what ' +
    'can be had at best: each byte is copied into it and out of it. Where a machine has two cores and the function and the ' +
    'caller keep both busy, as with an upload that is hashed, that pipe alone is 1.27 × the function itself, so the gateway ' +
    'stands beside the pipe there. Zeros cost a function nothing, so nothing but the proxy’s own work shows.',
  targets: () => [
    times(processorTime.gateway, '≤', 1.5, processorTime.pipe),
    times(nameOf('random', 'the gateway'), '≤', 1.25, nameOf('random', 'the function itself')),
    times(nameOf('hash', 'the gateway'), '≤', 1.15, nameOf('hash', 'a bare pipe')),
  ],
  measure: async ({ short, signal }) => {
    const bytes = short ? 40_000_000 : whole;
    await using emulator = await startHttpFunction(signal);
    using client = openClient();
    await using pipe = await forkServer('bare-pipe.ts');
    const throughPipe = async (host: string) => {
      pipe.child.send(host);
      await once(pipe.child, 'message');
      return { host: '127.0.0.1', port: pipe.port };
    };
    const msOfWhole = ({ bodyMs }: { readonly bodyMs: number }): number => (bodyMs * whole) / bytes;
    const cpu = { pipe: [] as number[], gateway: [] as number[] };
    const counted = async <Value>(of: number, into: number[], work: () => Promise<Value>): Promise<Value> => {
      const before = cpuMsOf(of);
      const value = await work();
      into.push(((cpuMsOf(of) - before) * whole) / bytes);
      return value;
    };
    const samples: Sampled[] = [];
    for (const load of ['zeros', 'random', 'hash'] as const) {
      const { path, isUpload } = loads[load];
      const asked = isUpload ? { path, upload: bytes } : { path: `${path}${bytes}` };
      const direct = async (through?: (host: string) => Promise<{ host: string; port: number }>) => {
        await using instance = await spawnByApi(emulator, client);
        return msOfWhole(await exchange({ ...((await through?.(instance.host)) ?? instance), ...asked }));
      };
      const measured = await interleave(
        {
          direct: () => direct(),
          pipe: () => counted(pipe.child.pid ?? 0, cpu.pipe, () => direct(throughPipe)),
          gateway: () =>
            counted(emulator.pid, cpu.gateway, async () =>
              msOfWhole(await throughGateway(emulator, asked.path, asked.upload)),
            ),
        },
        { rounds: short ? 2 : 10, warmUp: short ? 0 : 2, signal },
      );
      const itself = nameOf(load, 'the function itself');
      samples.push(
        { name: itself, samples: measured.direct },
        { name: nameOf(load, 'a bare pipe'), samples: measured.pipe, beside: itself },
        { name: nameOf(load, 'the gateway'), samples: measured.gateway, beside: itself },
      );
    }
    return [
      ...samples,
      { name: processorTime.pipe, samples: cpu.pipe },
      { name: processorTime.gateway, samples: cpu.gateway, beside: processorTime.pipe },
    ];
  },
};
