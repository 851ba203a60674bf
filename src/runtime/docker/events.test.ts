import { expect, test } from 'vitest';
import { startBrokenLine } from '../../../test/support/runtime/broken-line.ts';
import { type DockerSession, startDockerSession } from '../../../test/support/runtime/docker-session.ts';
import { obedient, sh } from '../../../test/support/runtime/sample-container.ts';
import { type Clock, createMovableClock } from '../../shared/clock.ts';
import { errorCodes } from '../../shared/errors.ts';
import type { RuntimeEvent } from '../port.ts';
import { loadEndpoint } from './engine/endpoint.ts';

const startBehindLine = async ({ deaf = false, engineClock }: { deaf?: boolean; engineClock?: Clock } = {}) => {
  const line = await startBrokenLine(loadEndpoint().url);
  if (deaf) line.swallowEvents();
  const session = await startDockerSession({ docker: line.url, ...(engineClock ? { engineClock } : {}) });
  const next = (type: RuntimeEvent['type']): Promise<RuntimeEvent> => {
    const { promise, resolve } = Promise.withResolvers<RuntimeEvent>();
    const unsubscribe = session.runtime.subscribe((event) => {
      if (event.type !== type) return;
      unsubscribe();
      resolve(event);
    });
    return promise;
  };
  return {
    line,
    session,
    next,
    [Symbol.asyncDispose]: async () => {
      await session[Symbol.asyncDispose]();
      await line[Symbol.asyncDispose]();
    },
  };
};

const startRun = async (session: DockerSession, host: number, script?: string) => {
  const container = await session.runtime.prepare(
    session.spec({ host, command: script === undefined ? obedient : sh(script) }),
  );
  return await container.start({});
};

test('the Docker runtime reports that the engine went away and came back', async () => {
  await using far = await startBehindLine();
  const away = far.next('unavailable');
  await far.line.cut();
  expect(await away).toEqual({
    type: 'unavailable',
    reason: `the connection to Docker at ${far.line.url} broke`,
  });
  await expect(far.session.runtime.prepare(far.session.spec())).rejects.toMatchObject({
    code: errorCodes.dockerUnreachable,
  });
  const back = far.next('available');
  await far.line.mend();
  await back;
  expect(await far.session.runtime.prepare(far.session.spec())).toMatchObject({ readiness: 'cold' });
});

test('an end during an outage is settled: as the engine knows it, or as unknown', async () => {
  await using far = await startBehindLine();
  const { session } = far;
  const ending = await startRun(session, 1, "trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done");
  const vanishing = await startRun(session, 2);
  const staying = await startRun(session, 3);
  const away = far.next('unavailable');
  await far.line.cut();
  await away;
  const { docker } = session.connection;
  await docker.getContainer(ending.dockerId).stop({ t: 30 });
  await docker.getContainer(vanishing.dockerId).remove({ force: true });
  const back = far.next('available');
  await far.line.mend();
  await back;
  expect(await ending.exited).toEqual({ code: 9, outOfMemory: false });
  expect(await vanishing.exited).toEqual({ code: null, outOfMemory: false });
  expect(await session.list()).toContainEqual(
    expect.objectContaining({ dockerId: staying.dockerId, state: 'running' }),
  );
  await docker.getContainer(staying.dockerId).kill();
  expect((await staying.exited).code).toBe(137);
});

test('the Docker runtime removes, when the engine is back, a container whose creation was not answered', async () => {
  await using far = await startBehindLine();
  const { session, line } = far;
  const before = await session.left();
  const isNew = (name: string): boolean => !before.includes(name);
  line.swallowAnswers();
  const failed = session.runtime.prepare(session.spec()).catch((error: unknown) => error);
  await expect.poll(async () => (await session.left()).some(isNew)).toBe(true);
  await line.cut();
  expect(await failed).toMatchObject({ code: errorCodes.dockerUnreachable });
  const back = far.next('available');
  await line.mend();
  await back;
  await expect.poll(async () => (await session.left()).some(isNew)).toBe(false);
});

test('the Docker runtime gives up what a stuck engine does not answer, and goes on when that is over', async () => {
  const engineClock = createMovableClock({ frozenAt: 0 });
  await using far = await startBehindLine({ engineClock });
  const { session, line } = far;
  /** Time passes until then, in steps that are shorter than an answer may take. */
  const later = async <Settled>(promise: Promise<Settled>): Promise<Settled> => {
    let isOver = false;
    const over = promise.finally(() => {
      isOver = true;
    });
    over.catch(() => {});
    await expect.poll(() => engineClock.advance(1_000).then(() => isOver), { interval: 10 }).toBe(true);
    return await over;
  };
  const away = far.next('unavailable');
  const back = far.next('available');
  line.swallowAnswers();
  const refused = { code: errorCodes.dockerUnreachable };
  await expect(later(session.runtime.prepare(session.spec()))).rejects.toMatchObject(refused);
  expect(await away).toMatchObject({ reason: expect.stringContaining('does not answer: no answer in time') });
  // This one is not rescued either: the engine does not answer for as long as it is stuck.
  await expect(later(session.runtime.prepare(session.spec()))).rejects.toMatchObject(refused);
  await line.cut();
  await line.mend();
  await later(back);
  const run = await startRun(session, 2);
  await expect.poll(() => session.list()).toMatchObject([{ dockerId: run.dockerId, state: 'running' }]);
});

test('the Docker runtime reports the containers that were lost while the engine was away, and no other', async () => {
  await using far = await startBehindLine();
  const { session, line } = far;
  const [lost, kept] = await Promise.all([1, 2].map((host) => session.runtime.prepare(session.spec({ host }))));
  const away = far.next('unavailable');
  await line.cut();
  await away;
  await session.connection.docker.getContainer(lost?.dockerId ?? '').remove();
  await line.mend();
  expect(await lost?.lost).toContain('container sample-1 was removed or ended by hand');
  const run = kept && (await kept.start({}));
  expect(run?.dockerId).toBe(kept?.dockerId);
});

test('the Docker runtime reports the end of a run whose container was removed by hand', async () => {
  await using session = await startDockerSession();
  const run = await startRun(session, 1);
  await session.connection.docker.getContainer(run.dockerId).remove({ force: true });
  // Podman stops before it removes, and the process obeys.
  expect(await run.exited).toEqual({ code: expect.toBeOneOf([137, 0]), outOfMemory: false });
});

test('the Docker runtime finds ends and removals without an event, of runs and of waiting containers', async () => {
  const engineClock = createMovableClock({ frozenAt: 0 });
  await using far = await startBehindLine({ deaf: true, engineClock });
  const { session } = far;
  const { docker } = session.connection;
  const [ended, removed, staying] = await Promise.all([
    startRun(session, 1, 'exit 9'),
    startRun(session, 2),
    startRun(session, 3),
  ]);
  const waiting = await session.runtime.prepare(session.spec({ host: 4 }));
  for (const { dockerId } of [removed, waiting]) await docker.getContainer(dockerId).remove({ force: true, v: true });
  const reported: string[] = [];
  void ended.exited.then(({ code }) => reported.push(`ended ${code}`));
  void removed.exited.then(({ code }) => reported.push(`removed ${code}`));
  void staying.exited.then(() => reported.push('staying'));
  void waiting.lost.then(() => reported.push('waiting'));
  await docker.getContainer(ended.dockerId).wait();
  // How long the engine takes for each look is not known.
  const looked = async () => {
    await engineClock.advance(5_000);
    return reported.toSorted();
  };
  await expect.poll(looked).toEqual(['ended 9', 'removed null', 'waiting']);
});

test('a container that was removed without an event starts all the same, an equal one in its place', async () => {
  await using far = await startBehindLine({ deaf: true });
  const { session } = far;
  const container = await session.runtime.prepare(session.spec({ command: obedient }));
  const prepared = container.dockerId;
  await session.connection.docker.getContainer(prepared).remove();
  const run = await container.start(container.spec.environment);
  expect(run.dockerId).not.toBe(prepared);
  expect(await session.list()).toMatchObject([{ dockerId: run.dockerId, state: 'running' }]);
});

test('the Docker runtime ends its waiting for the engine when it is disposed of, and says what it could not do', async () => {
  await using line = await startBrokenLine(loadEndpoint().url);
  const session = await startDockerSession({ docker: line.url });
  const run = await startRun(session, 1);
  await line.cut();
  await expect(session.runtime[Symbol.asyncDispose]()).rejects.toMatchObject({ code: errorCodes.dockerUnreachable });
  expect(await run.exited).toEqual({ code: null, outOfMemory: false });
  await session.removeAll();
  session.connection[Symbol.dispose]();
});
