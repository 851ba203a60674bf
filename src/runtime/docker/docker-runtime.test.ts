import { expect, test } from 'vitest';
import { startDockerSession } from '../../../test/support/runtime/docker-session.ts';
import { obedient, sampleEnvironmentId, sh } from '../../../test/support/runtime/sample-container.ts';
import { errorCodes } from '../../shared/errors.ts';
import { startDockerRuntime } from './docker-runtime.ts';
import { labels } from './engine/labels.ts';

test('the Docker runtime labels all it makes with the session and its owner', async () => {
  await using session = await startDockerSession();
  const { spec, dockerId } = await session.runtime.prepare(session.spec());
  const { Config } = await session.inspect(dockerId);
  expect(Config.Labels).toMatchObject({
    [labels.session]: session.id,
    [labels.version]: '0.0.0-test',
    [labels.pid]: String(process.pid),
    [labels.environment]: sampleEnvironmentId,
    [labels.container]: spec.functionId,
    [labels.instance]: spec.instanceId,
  });
});

test('the Docker runtime leaves nothing in the engine, from any state', async () => {
  await using session = await startDockerSession();
  const { runtime } = session;
  await runtime.prepare(session.spec({ host: 1 }));
  const ended = await runtime.prepare(session.spec({ host: 2, command: sh('exit 0') }));
  await (await ended.start({})).exited;
  const running = await runtime.prepare(session.spec({ host: 3, command: obedient }));
  await running.start({ REPLACED: 'yes' });
  const failing = await runtime.prepare(session.spec({ host: 4, command: { path: 'nope', args: [] } }));
  await failing.start({}).catch(() => {});
  await runtime[Symbol.asyncDispose]();
  expect(await session.left()).toEqual([]);
});

test('the Docker runtime leaves nothing of what was being made or started at its disposal', async () => {
  await using session = await startDockerSession();
  const { runtime } = session;
  const prepared = await Promise.all([1, 2, 3, 4].map((host) => runtime.prepare(session.spec({ host }))));
  const underWay = [
    ...prepared.slice(0, 2).map((container) => container.start({})),
    ...prepared.slice(2).map((container) => container.start({ REPLACED: 'yes' })),
    ...Array.from({ length: 20 }, (_, index) => runtime.prepare(session.spec({ host: 5 + index }))),
  ].map((operation) => operation.then(() => 'done').catch((error: Error) => error.message));
  await runtime[Symbol.asyncDispose]();
  expect(await session.left()).toEqual([]);
  const outcomes = await Promise.all(underWay);
  expect(outcomes.slice(4)).toEqual(
    Array.from({ length: 20 }, () => expect.stringMatching(/^Failed to make container .*: the emulator is stopping\./)),
  );
});

test('the Docker runtime ends a grace that a stop waits for when it is disposed of', async () => {
  await using session = await startDockerSession();
  const { runtime } = session;
  const container = await runtime.prepare(session.spec({ command: sh("trap '' TERM; while :; do sleep 1; done") }));
  await container.start({});
  const stopping = container.stop();
  await runtime[Symbol.asyncDispose]();
  await stopping;
});

test('the Docker runtime refuses containers before there is a network', async () => {
  await using session = await startDockerSession();
  const spec = { ...session.spec(), ipv4: '10.0.3.1' };
  await expect(session.runtime.prepare(spec)).rejects.toMatchObject({ code: errorCodes.networkUnavailable });
});

test('the Docker runtime fails at the start where no engine answers, and says where it asked', async () => {
  const docker = 'unix:///no/such/docker.sock';
  await expect(startDockerRuntime({ docker, session: 'test', version: '0' })).rejects.toMatchObject({
    code: errorCodes.dockerUnreachable,
    message:
      'Failed to reach Docker at unix:///no/such/docker.sock (chosen by the option --docker): there is no socket (ENOENT). Start Docker, or name another endpoint with --docker or DOCKER_HOST.',
  });
});
