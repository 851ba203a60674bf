import { expect, test } from 'vitest';
import { type Sample, sampleContainer, sampleEnvironmentId } from '../../../test/support/runtime/sample-container.ts';
import { createMovableClock } from '../../shared/clock.ts';
import { errorCodes } from '../../shared/errors.ts';
import type { RuntimeEvent } from '../port.ts';
import { type DecideBehaviour, SimulatedRuntime } from './simulated-runtime.ts';

const startSession = async (behaviour?: DecideBehaviour) => {
  const clock = createMovableClock({ frozenAt: 0 });
  const runtime = new SimulatedRuntime({ clock, ...(behaviour ? { behaviour } : {}) });
  const network = await runtime.prepareNetwork(sampleEnvironmentId, 21);
  return { clock, runtime, prepare: (sample?: Sample) => runtime.prepare(sampleContainer('image', network, sample)) };
};

test('the simulated runtime ends a run when the environment says, in the time of the clock', async () => {
  const { clock, runtime, prepare } = await startSession();
  const environment = { CYCLE_SIMULATED_EXIT_AFTER_MS: '250', CYCLE_SIMULATED_EXIT_CODE: '3' };
  const run = await (await prepare()).start(environment);
  await clock.advance(249);
  expect([...runtime.containers]).toMatchObject([{ state: 'running' }]);
  await clock.advance(1);
  expect(await run.exited).toEqual({ code: 3, outOfMemory: false });
});

test('the simulated runtime ends a run at once with the code alone, and fails a start for the reason given', async () => {
  const { clock, prepare } = await startSession();
  const run = await (await prepare()).start({ CYCLE_SIMULATED_EXIT_CODE: '7' });
  await clock.advance(0);
  expect((await run.exited).code).toBe(7);
  const failing = (await prepare()).start({ CYCLE_SIMULATED_FAIL_START: 'no such program' });
  await expect(failing).rejects.toThrow(
    'Failed to start container sample-1: no such program. The simulation is set to fail.',
  );
});

test('the simulated runtime behaves as its script says, by spec and by environment', async () => {
  const { prepare } = await startSession((spec, environment) => ({
    ...(spec.hostname === 'unwanted' ? { failPrepare: 'not this one' } : {}),
    ...(environment['OOM'] ? { exitAfterMs: 0, exitCode: 137, outOfMemory: true } : {}),
  }));
  await expect(prepare({ hostname: 'unwanted' })).rejects.toMatchObject({ code: errorCodes.containerRefused });
  const container = await prepare();
  const run = await container.start({});
  await container.stop();
  expect(await run.exited).toEqual({ code: 143, outOfMemory: false });
});

test('the simulated runtime kills what ignores signals when the grace has passed on the clock', async () => {
  const { clock, prepare } = await startSession(() => ({ ignoresSignals: true }));
  const container = await prepare({ stop: { signals: ['SIGINT'], graceMs: 1_000 } });
  const run = await container.start({});
  const stopping = container.stop();
  await clock.advance(1_000);
  await stopping;
  expect((await run.exited).code).toBe(137);
});

test('the simulated runtime goes away and comes back on command', async () => {
  const { runtime, prepare } = await startSession();
  const events: RuntimeEvent[] = [];
  runtime.subscribe((event) => events.push(event));
  runtime.goAway('a test');
  await expect(prepare()).rejects.toMatchObject({ code: errorCodes.dockerUnreachable });
  runtime.comeBack();
  await prepare();
  expect(events).toEqual([{ type: 'unavailable', reason: 'a test' }, { type: 'available' }]);
});

test('the simulated runtime makes ten thousand containers in no time', async () => {
  const { runtime, prepare } = await startSession();
  await Promise.all(Array.from({ length: 10_000 }, () => prepare()));
  expect([...runtime.containers]).toHaveLength(10_000);
});

test('the simulated runtime starts otherwise than its spec says on command', async () => {
  const { prepare } = await startSession();
  const starting = (await prepare()).start({}, { image: 'sha256:0' });
  await expect(starting).rejects.toThrow('Failed to make container sample-1: No such image: sha256:0.');
  const end = { code: 137, outOfMemory: true, when: Promise.resolve() };
  const run = await (await prepare()).start({}, { end });
  expect(await run.exited).toEqual({ code: 137, outOfMemory: true });
  const container = await prepare();
  const killed = await container.start({});
  await container.stop({ signals: [], graceMs: 1_000 });
  expect((await killed.exited).code).toBe(137);
});
