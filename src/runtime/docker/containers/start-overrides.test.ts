import { expect, test } from 'vitest';
import { canBeWarm, type DockerSession, startDockerSession } from '../../../../test/support/runtime/docker-session.ts';
import { obedient, type Sample, sh } from '../../../../test/support/runtime/sample-container.ts';
import { errorCodes } from '../../../shared/errors.ts';
import type { PlannedEnd } from '../../planned-ends.ts';
import type { Run } from '../../port.ts';

const isWarmable = await canBeWarm();
const never = new Promise<void>(() => {});

const startToEnd = async (session: DockerSession, sample: Sample, end: PlannedEnd) => {
  const container = await session.runtime.prepare(session.spec(sample));
  return { container, run: await container.start(container.spec.environment, { end }) };
};

const untilPrinted = async ({ output }: Run, text: string): Promise<void> => {
  const decoder = new TextDecoder();
  let printed = '';
  for await (const { data } of output) {
    printed += decoder.decode(data, { stream: true });
    if (printed.includes(text)) return;
  }
  throw new Error(`ended without printing ${text}: ${printed}`);
};

const printedBy = async ({ output }: Run): Promise<string> => {
  let printed = '';
  for await (const { data } of output) printed += new TextDecoder().decode(data);
  return printed;
};

test('a process exits with the planned code when the time has come, in the middle of its work', async () => {
  await using session = await startDockerSession();
  const due = Promise.withResolvers<void>();
  const command = sh('echo working; exec sleep 1000');
  const { run } = await startToEnd(session, { command }, { code: 7, outOfMemory: false, when: due.promise });
  await untilPrinted(run, 'working');
  due.resolve();
  expect(await run.exited).toEqual({ code: 7, outOfMemory: false });
  expect((await session.inspect(run.dockerId)).State).toMatchObject({ ExitCode: 7, OOMKilled: false });
});

test('a process whose end comes once it is due at the beginning never misses it', async () => {
  await using session = await startDockerSession();
  const end = { code: 3, outOfMemory: false, when: Promise.resolve() };
  const { run } = await startToEnd(session, { command: obedient }, end);
  expect(await run.exited).toEqual({ code: 3, outOfMemory: false });
});

test.each([
  ['cold', {}],
  ['warm', { warm: true }],
  ['hot', { hot: true }],
])('of a %s container whose end comes at once, the function does nothing', async (_, options) => {
  await using session = await startDockerSession();
  for (const [code, outOfMemory] of [
    [7, false],
    [137, true],
  ] as const) {
    const container = await session.runtime.prepare(session.spec({ command: sh('echo hello') }), options);
    if ('warm' in options && isWarmable) await container.warmed;
    const run = await container.start({}, { end: { code, outOfMemory, when: null } });
    expect(await printedBy(run)).toBe('');
    expect(await run.exited).toEqual({ code, outOfMemory });
    await container.remove({ forGood: true });
  }
});

test('a process that runs out of memory is killed by the kernel', async () => {
  await using session = await startDockerSession();
  const { run } = await startToEnd(session, { command: obedient }, { code: 137, outOfMemory: true, when: null });
  expect(await run.exited).toEqual({ code: 137, outOfMemory: true });
  const { State, HostConfig } = await session.inspect(run.dockerId);
  expect(State).toMatchObject({ ExitCode: 137, OOMKilled: true });
  expect(HostConfig).toMatchObject({ Memory: 64 * 2 ** 20, MemorySwap: 64 * 2 ** 20 });
});

test('a process that ends before its planned end keeps its own code, and its own signals', async () => {
  await using session = await startDockerSession();
  const planned = { code: 7, outOfMemory: false, when: never };
  const { run: ending } = await startToEnd(session, { command: sh('exit 5') }, planned);
  expect((await ending.exited).code).toBe(5);
  const command = sh("trap 'exit 9' TERM; echo ready; while :; do sleep 0.1; done");
  const { container, run: stopped } = await startToEnd(session, { command, host: 2 }, planned);
  await untilPrinted(stopped, 'ready');
  await container.stop();
  expect((await stopped.exited).code).toBe(9);
});

test('an image without a command in the spec runs its own under a planned end', async () => {
  await using session = await startDockerSession();
  const spec = session.spec({ command: { path: null, args: ['sh', '-c', 'exit 6'] } });
  const container = await session.runtime.prepare(spec);
  const end = { code: 7, outOfMemory: false, when: never };
  expect((await (await container.start({}, { end })).exited).code).toBe(6);
});

test('a hot container comes to its planned end like a cold one', async () => {
  await using session = await startDockerSession();
  const container = await session.runtime.prepare(session.spec({ command: obedient }), { hot: true });
  expect(container.readiness).toBe('hot');
  const end = { code: 8, outOfMemory: false, when: Promise.resolve() };
  expect((await (await container.start({}, { end })).exited).code).toBe(8);
  expect(await session.list()).toHaveLength(1);
});

test('a container whose image is gone does not start, and the engine says so', async () => {
  await using session = await startDockerSession();
  const container = await session.runtime.prepare(session.spec());
  const image = `sha256:${'0'.repeat(64)}`;
  await expect(container.start({}, { image })).rejects.toMatchObject({
    code: errorCodes.containerRefused,
    message: expect.stringMatching(
      /^Failed to make container sample-1: no such image: .*sha256:0+.*\. Make the image/i,
    ),
  });
  await container.remove();
  expect(await session.list()).toEqual([]);
});

test('a stop without signals kills at once', async () => {
  await using session = await startDockerSession();
  const container = await session.runtime.prepare(session.spec({ command: obedient }));
  const run = await container.start({});
  await container.stop({ signals: [], graceMs: 10_000 });
  expect((await run.exited).code).toBe(137);
});
