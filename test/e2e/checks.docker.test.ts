import { expect, test } from 'vitest';
import { startEmulator } from '../../src/emulator/start-emulator.ts';
import { callerOf } from '../support/caller.ts';
import { docker } from '../support/docker-cli.ts';
import { type SampleFunction, sampleStack } from '../support/sample-stack.ts';
import { createStateHome, kill, stop, whenReady } from '../support/state-home.ts';

const check = (script: string) => ({ command: `/bin/sh -c '${script}'`, interval: '100ms', timeout: '30s' });

const startWith = (name: string, spec: SampleFunction, hot: number) =>
  startEmulator({ stack: sampleStack({ [name]: { hot, ...spec } }), pull: 'never' });

const modes = [
  ['cold', 0],
  ['hot', 1],
] as const;

test.each(modes)(
  'active shows what checks find in a run that is %s, under the variables of its spawn',
  async (_mode, hot) => {
    const readiness_check = check('test -e /tmp/$MARK');
    const health_check = { ...readiness_check, retries: 0, restart: false, delay: '1h' };
    const script = "trap 'exit 0' TERM; sleep 0.3; touch /tmp/$MARK; sleep 1000 & wait $!";
    await using emulator = await startWith('job', { script, checks: { readiness_check, health_check } }, hot);
    const caller = callerOf(emulator);
    const instanceId = await caller.claimed();
    const ready = emulator.events.waitFor(({ name }) => name === 'instance.ready');
    await caller.spawn(instanceId, { MARK: 'ready' });
    await ready;
    expect(await caller.active()).toMatchObject({
      data: {
        [instanceId]: {
          state: {
            readiness: { ready: true, updated: expect.any(String) },
            health: { healthy: null, updated: expect.any(String) },
          },
        },
      },
    });
    expect((await caller.release(instanceId)).status).toBe(200);
    expect((await caller.active()).data).toEqual({});
  },
);

test.each(modes)(
  'an unhealthy run that is %s fails, recovers, fails again and is ended where it is to restart',
  async (_mode, hot) => {
    const health_check = { ...check('! test -e /tmp/sick'), retries: 1 };
    const script = "trap 'echo goodbye; exit 0' TERM; echo hello; sleep 1000 & wait $!";
    for (const restart of [false, true]) {
      const checks = { health_check: { ...health_check, restart } };
      await using emulator = await startWith('job', { script, checks }, hot);
      const caller = callerOf(emulator);
      const instanceId = await caller.claimed();
      await caller.spawn(instanceId);
      const container = await docker('ps', '-q', '--filter', `label=io.cycle.emulator.session=${emulator.session}`);
      const failed = emulator.events.waitFor(({ name }) => name === 'container.instance.healthcheck.failed');
      const ended = emulator.events.waitFor(({ name }) => name === 'instance.ended');
      await docker('exec', container, 'touch', '/tmp/sick');
      expect(await failed).toMatchObject({ instanceId, reason: 'exit code 1' });
      if (restart) {
        expect(await ended).toMatchObject({ exit: { code: 0, lastLines: ['hello', 'goodbye'] } });
        continue;
      }
      const recovered = emulator.events.waitFor(({ name }) => name === 'container.instance.healthcheck.recovered');
      await docker('exec', container, 'rm', '/tmp/sick');
      await recovered;
      await caller.release(instanceId);
      await ended;
    }
  },
);

test.each(modes)('a request waits until its instance is ready, %s', async (_mode, hot) => {
  const script = 'httpd -f -p 8080 -h /etc & sleep 0.5; touch /tmp/ready; wait';
  await using emulator = await startWith(
    'web',
    {
      script,
      network: { public: 'enable', ports: ['80:8080'] },
      checks: { readiness_check: check('test -e /tmp/ready') },
      shutdown: { graceful_timeout: '0s' },
    },
    hot,
  );
  const seen: string[] = [];
  emulator.events.subscribe(({ name }) => seen.push(name));
  const response = await emulator.fetch('web', '/hostname');
  seen.push('answered');
  expect([response.status, await response.text()]).toEqual([200, 'web-1\n']);
  expect(seen.indexOf('instance.ready')).toBeGreaterThan(seen.indexOf('instance.running'));
  expect(seen.indexOf('answered')).toBeGreaterThan(seen.indexOf('instance.ready'));
});

test('a check that does not end is killed at its time-out, and is there no more', async () => {
  const health_check = { ...check('sleep 1000'), timeout: '500ms', interval: '1h', retries: 0, restart: false };
  await using emulator = await startWith('job', { checks: { health_check } }, 0);
  const caller = callerOf(emulator);
  const instanceId = await caller.claimed();
  const failed = emulator.events.waitFor(({ name }) => name === 'container.instance.healthcheck.failed');
  await caller.spawn(instanceId);
  expect(await failed).toMatchObject({ reason: 'it did not end within 0.5 s' });
  const container = await docker('ps', '-q', '--filter', `label=io.cycle.emulator.session=${emulator.session}`);
  const count = async () =>
    (await docker('top', container)).split('\n').filter((line) => /sleep 1000$/.test(line)).length;
  // The function itself sleeps, too.
  await expect.poll(count).toBe(1);
});

test('moving the clock by an hour runs each check that is due, and none times out', async () => {
  const health_check = { ...check('echo run >> /tmp/runs'), interval: '10m', timeout: '1m', retries: 0, restart: true };
  await using emulator = await startWith('job', { checks: { health_check } }, 0);
  emulator.clock.freeze();
  const caller = callerOf(emulator);
  const instanceId = await caller.claimed();
  await caller.spawn(instanceId);
  const healthy = async () => JSON.stringify((await caller.active()).data);
  await expect.poll(healthy).toMatch(/"healthy":true/);
  await emulator.clock.advance(3_600_000);
  const container = await docker('ps', '-q', '--filter', `label=io.cycle.emulator.session=${emulator.session}`);
  expect((await docker('exec', container, 'cat', '/tmp/runs')).split('\n')).toHaveLength(7);
});

test.each(modes)('checks go on after the emulator was killed, in a run that is %s', async (_mode, hot) => {
  const readiness_check = check('test -e /tmp/$MARK');
  await using home = createStateHome({ hot, checks: { readiness_check } });
  const first = home.start();
  const before = await whenReady(first);
  const instanceId = await before.claimed();
  expect((await before.spawn(instanceId, { MARK: 'ready' })).status).toBe(200);
  const [container = ''] = await before.running(instanceId);
  await kill(first);
  const second = home.start();
  const after = await whenReady(second);
  await docker('exec', container, 'touch', '/tmp/ready');
  await second.line(/instance\.ready/, 'stderr');
  expect(await after.active()).toMatchObject({ data: { [instanceId]: { state: { readiness: { ready: true } } } } });
  expect((await after.release(instanceId)).status).toBe(200);
  await stop(second);
});
