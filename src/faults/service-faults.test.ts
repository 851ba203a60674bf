import { describe, expect, it } from 'vitest';
import { containerId, createFakeService, instanceId } from '../../test/support/http/fake-service.ts';
import type { SchedulerService } from '../engine/service.ts';
import { SimulatedRuntime } from '../runtime/simulated/simulated-runtime.ts';
import { createMovableClock } from '../shared/clock.ts';
import type { Fault } from '../stack/model.ts';
import { withServiceFaults } from './call-faults.ts';
import { createFaults } from './faults.ts';
import { RuntimeWithFaults } from './runtime-faults.ts';

/** A service that grants everything, under faults, whose claims wait 5 s where there is nothing to grant. */
const start = (faults: readonly Fault[], parts: Partial<SchedulerService> = {}) => {
  const clock = createMovableClock({ frozenAt: 0 });
  const inForce = createFaults({ faults, clock, onFire: () => {} });
  const runtime = new RuntimeWithFaults(new SimulatedRuntime({ clock }), inForce);
  const rules = { pool: (id: string) => (id === containerId ? { spec: { maxQueueTimeMs: 5_000 } } : undefined) };
  const service = withServiceFaults({ ...createFakeService(parts), rules }, inForce, runtime);
  const hangUp = new AbortController();
  const claim = (id: string = containerId) =>
    service.claim({ containerId: id, token: 'a token', signal: hangUp.signal });
  return { clock, inForce, runtime, service, claim, hangUp };
};

describe('an exhausted pool', () => {
  const exhausted = { id: 'empty', effect: { type: 'poolExhausted' } } as const;

  it('lets a claim wait as long as claims wait, and sends it away', async () => {
    const { claim, clock } = start([exhausted]);
    const result = claim();
    let isOver = false;
    void result.then(() => {
      isOver = true;
    });
    await clock.advance(4_999);
    expect(isOver).toBe(false);
    await clock.advance(1);
    const rejection = { name: 'queue-timeout', containerId, waitedMs: 5_000 };
    expect(await result).toEqual({ ok: false, rejection });
  });

  it('has instances again for waiting callers once the fault is removed', async () => {
    const { claim, inForce } = start([exhausted]);
    const result = claim();
    inForce.remove('empty');
    expect(await result).toMatchObject({ ok: true });
  });

  it('drops callers that hang up', async () => {
    const seen: boolean[] = [];
    const { claim, hangUp } = start([exhausted], {
      claim: ({ signal }) => {
        seen.push(signal.aborted);
        return Promise.resolve({ ok: false, rejection: { name: 'caller-gone' } });
      },
    });
    const result = claim();
    hangUp.abort();
    expect(await result).toMatchObject({ rejection: { name: 'caller-gone' } });
    expect(seen).toEqual([true]);
  });

  it('does not apply where there is no function, or no caller is admitted', async () => {
    const { claim, inForce } = start([exhausted]);
    expect(await claim('unknown')).toMatchObject({ rejection: { name: 'unknown-container' } });
    expect(inForce.list()).toMatchObject([{ fired: 0 }]);
    const closed = start([exhausted], { readiness: () => ({ ready: false, reason: 'closing', functions: [] }) });
    expect(await closed.claim()).toMatchObject({ ok: true });
    expect(closed.inForce.list()).toMatchObject([{ fired: 0 }]);
  });
});

it('the runtime is away before the request looks for it, and does not go away twice', async () => {
  const { claim, runtime, inForce, clock, service } = start([
    { match: { times: 2 }, effect: { type: 'dockerAway', ms: 1_000 } },
  ]);
  const events: string[] = [];
  runtime.subscribe(({ type }) => events.push(type));
  const result = claim();
  expect(events).toEqual(['unavailable']);
  await result;
  service.active({ containerId });
  expect(inForce.list()).toMatchObject([{ fired: 1 }]);
  await clock.advance(1_000);
  await service.release({ containerId, instanceId, token: 'a token' });
  expect(events).toEqual(['unavailable', 'available', 'unavailable']);
  inForce.clear();
  await clock.advance(0);
  expect(events).toEqual(['unavailable', 'available', 'unavailable', 'available']);
});
