import { expect } from 'vitest';
import { Engine } from '../../src/engine/engine.ts';
import type { FunctionSetup, InstanceSetup } from '../../src/engine/service.ts';
import type { ContainerRuntime } from '../../src/runtime/port.ts';
import { SimulatedRuntime } from '../../src/runtime/simulated/simulated-runtime.ts';
import { createMovableClock } from '../../src/shared/clock.ts';
import { type ContainerId, deriveObjectId, type InstanceId, type ServerId } from '../../src/shared/ids.ts';
import { sampleContainer } from './runtime/sample-container.ts';

export const containerId = deriveObjectId<ContainerId>('container', 'engine test');
export const serverId = deriveObjectId<ServerId>('server', 'engine test');

/** The one function. */
export const functionSetup = (instances: number): FunctionSetup => ({
  identifier: 'sample',
  pool: {
    containerId,
    instances,
    maxPoolSize: instances,
    hot: 0,
    warm: 0,
    maxShardConcurrency: null,
    maxRuntimeMs: null,
    maxQueueTimeMs: 5_000,
    instanceIdAt: (seed) => deriveObjectId<InstanceId>('instance', String(seed)),
  },
  describeInstance: (instanceId) => ({
    network: {} as InstanceSetup['network'],
    container: {
      ...sampleContainer('sample', { number: 1, ipv6: false, schedulerAddresses: [] }),
      instanceId,
      functionId: containerId,
    },
    environmentWith: (variables) => variables,
  }),
});

type Prepare = ContainerRuntime['prepare'];

/** An engine on a frozen clock over a simulated runtime, whose containers a test may have made otherwise. */
export const createEngine = (replace: (prepare: Prepare) => Prepare = (prepare) => prepare) => {
  const clock = createMovableClock({ frozenAt: 1_000_000 });
  const runtime = new SimulatedRuntime({ clock });
  Object.assign(runtime, { prepare: replace(runtime.prepare.bind(runtime)) });
  return { engine: new Engine({ serverId, otherContainers: [] }, runtime, clock), clock, runtime };
};

export const claim = (engine: Engine, token = 'token') =>
  engine.claim({ containerId, token, signal: new AbortController().signal });

export const claimed = async (engine: Engine, token = 'token'): Promise<InstanceId> => {
  const result = await claim(engine, token);
  if (!result.ok) throw new Error(`claim was rejected: ${result.rejection.name}`);
  return result.value.instanceId;
};

export const rejected = (name: string) => ({ ok: false, rejection: expect.objectContaining({ name }) });
