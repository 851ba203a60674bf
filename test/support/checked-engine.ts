import { expect } from 'vitest';
import { Engine } from '../../src/engine/engine.ts';
import type { FunctionSetup, InstanceSetup, StateStore } from '../../src/engine/service.ts';
import { Work } from '../../src/engine/work.ts';
import type { CommandRequest, ContainerRuntime } from '../../src/runtime/port.ts';
import { SimulatedRuntime } from '../../src/runtime/simulated/simulated-runtime.ts';
import type { SchedulerEvent } from '../../src/scheduler/commands.ts';
import { createMovableClock, type MovableClock } from '../../src/shared/clock.ts';
import { type ContainerId, deriveObjectId, type InstanceId, type ServerId } from '../../src/shared/ids.ts';
import type { Checks } from '../../src/shared/types.ts';
import { sampleContainer } from './runtime/sample-container.ts';

export const containerId = deriveObjectId<ContainerId>('container', 'checked engine');
export const instanceId = deriveObjectId<InstanceId>('instance', 'checked engine');
const serverId = deriveObjectId<ServerId>('server', 'checked engine');
export const start = Date.UTC(2030, 0);
const network = { number: 1, ipv6: false, schedulerAddresses: [] };

/** The one function, of one instance, with these checks. */
export const setup = (checks?: Checks): FunctionSetup => ({
  identifier: 'sample',
  pool: {
    containerId,
    instances: 1,
    maxPoolSize: 1,
    hot: 0,
    maxShardConcurrency: null,
    maxRuntimeMs: null,
    maxQueueTimeMs: 0,
    keepsVariables: checks !== undefined,
    instanceIdAt: () => instanceId,
  },
  describeInstance: () => ({
    network: {} as InstanceSetup['network'],
    container: { ...sampleContainer('sample', network), instanceId, functionId: containerId },
    environmentWith: (variables) => ({ OWN: '1', ...variables }),
    ...(checks === undefined ? {} : { checks }),
  }),
});

type Options = {
  readonly checks?: Checks;
  readonly store?: StateStore;
  readonly clock?: MovableClock;
  readonly resume?: ContainerRuntime['resume'];
  /** Only the kill ends its runs, ten seconds after a stop has begun. */
  readonly ignoresSignals?: boolean;
};

/** An engine over a simulated runtime on a frozen clock; a test says how the next checks end. */
export const startCheckedEngine = async ({
  checks,
  store,
  clock = createMovableClock({ frozenAt: start }),
  resume,
  ignoresSignals = false,
}: Options) => {
  const requests: (CommandRequest & { readonly at: number })[] = [];
  const sample = {
    /** By the command's first word; a promise goes on until it settles. */
    codes: {} as Record<string, number | Promise<number>>,
  };
  const exec = (request: CommandRequest): Promise<number> | number => {
    requests.push({ ...request, at: clock.now() - start });
    return sample.codes[request.command[0] ?? ''] ?? 0;
  };
  const runtime = new SimulatedRuntime({ clock, behaviour: () => ({ exec, ignoresSignals }) });
  if (resume !== undefined) Object.assign(runtime, { resume });
  const work = new Work();
  const engine = new Engine({ serverId, otherContainers: [], ...(store && { store }) }, runtime, clock, work);
  const events: SchedulerEvent[] = [];
  engine.subscribe((event) => events.push(event));
  await engine.fill([setup(checks)]);
  const advance = (ms: number) => {
    const mark = work.begun;
    return clock.advance(ms, () => work.doneSince(mark));
  };
  return Object.assign(sample, {
    engine,
    clock,
    runtime,
    requests,
    advance,
    run: async (variables = {}) => {
      await engine.claim({ containerId, token: 'token', signal: new AbortController().signal });
      const spawned = await engine.spawn({ containerId, instanceId, token: 'token', variables });
      expect(spawned.ok).toBe(true);
      await advance(0);
    },
    release: () => engine.release({ containerId, instanceId, token: 'token' }),
    /** What `active` says of the one instance. */
    findings: () => {
      const active = engine.active({ containerId });
      const [instance] = active.ok ? active.value : [];
      return instance && { readiness: instance.readiness, health: instance.health };
    },
    times: (command: string) => requests.filter((one) => one.command[0] === command).map(({ at }) => at),
    /** Events of checks, and of what follows from them, with their times. */
    said: () =>
      events
        .filter(({ name }) => /ready|healthcheck|stopping|ended/.test(name))
        .map((event) => [event.at - start, event.name, ...('reason' in event ? [event.reason] : [])]),
  });
};
