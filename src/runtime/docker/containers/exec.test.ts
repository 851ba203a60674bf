import { expect, test } from 'vitest';
import { type DockerSession, startDockerSession } from '../../../../test/support/runtime/docker-session.ts';
import { obedient } from '../../../../test/support/runtime/sample-container.ts';
import type { CommandRequest, PreparedContainer } from '../../port.ts';

const startContainer = async (session: DockerSession, hot = false, own = {}): Promise<PreparedContainer> => {
  const environment = { FROM_SPEC: 'spec', CHANGED: 'spec' };
  const spec = session.spec({ environment, command: obedient, workdir: '/tmp' });
  const container = await session.runtime.prepare(spec, { hot });
  await container.start({ ...environment, ...own });
  return container;
};

const request = (script: string, more: Partial<CommandRequest> = {}): CommandRequest => ({
  command: ['/bin/sh', '-c', script],
  environment: {},
  signal: new AbortController().signal,
  ...more,
});

/** The commands of all processes in a container. */
const processesIn = async ({ connection }: DockerSession, { dockerId }: PreparedContainer): Promise<string[]> =>
  (await connection.docker.getContainer(dockerId).top()).Processes.map((columns: string[]) => columns.at(-1) ?? '');

/** Says by a file that it runs, and goes on for long. */
const hang = (name: string) => `trap '' TERM; sleep 1001 & touch /tmp/${name}; sleep 1000; echo never`;

test.each([
  ['cold', false],
  ['hot', true],
])('a command in a container that is %s has the variables of the run and its folder', async (_mode, hot) => {
  await using session = await startDockerSession();
  const environment = { FROM_SPEC: 'spec', CHANGED: 'run', OF_RUN: 'a b' };
  const container = await startContainer(session, hot, environment);
  const printed = 'echo "$FROM_SPEC $CHANGED $OF_RUN"; pwd; exit 7';
  expect(await container.exec(request(printed, { environment }))).toEqual({
    code: 7,
    lastOutput: 'spec run a b\n/tmp',
  });
});

test('a command that is not there, or may not be executed, ends with the code that a shell has for it', async () => {
  await using session = await startDockerSession();
  const container = await startContainer(session);
  for (const [command, pattern] of [
    ['no-such-command', /not found/],
    ['/etc/passwd', /permission denied/],
  ] as const) {
    const end = await container.exec({ ...request(''), command: [command] });
    expect(end?.code).toBeOneOf([126, 127]);
    expect(end?.lastOutput).toMatch(pattern);
  }
});

test('the output of a command keeps its end', async () => {
  await using session = await startDockerSession();
  const container = await startContainer(session);
  const end = await container.exec(request('seq 1 20000; echo last'));
  expect(end?.lastOutput.length).toBeLessThanOrEqual(4_096);
  expect(end?.lastOutput).toMatch(/\n20000\nlast$/);
});

test('a command that closes its output has ended only with its process', async () => {
  await using session = await startDockerSession();
  const container = await startContainer(session);
  expect(await container.exec(request('exec >&- 2>&-; sleep 0.3; exit 4'))).toMatchObject({ code: 4 });
});

test('an aborted command is killed, with what it has started, also where it ignores signals', async () => {
  await using session = await startDockerSession();
  const container = await startContainer(session);
  const killing = new AbortController();
  const end = container.exec(request(hang('hangs'), { signal: killing.signal }));
  await container.exec(request('until [ -e /tmp/hangs ]; do sleep 0.05; done'));
  expect(await processesIn(session, container)).toEqual(expect.arrayContaining(['sleep 1000', 'sleep 1001']));
  killing.abort();
  expect(await end).toMatchObject({ code: 137 });
  const left = await processesIn(session, container);
  expect(left.filter((command) => /100[01]$|never/.test(command) && !command.includes('trap'))).toEqual(['sleep 1000']);
});

test('a command that is aborted before it has begun is not run', async () => {
  await using session = await startDockerSession();
  const container = await startContainer(session);
  const signal = AbortSignal.abort();
  expect(await container.exec(request('touch /tmp/ran', { signal }))).toBeNull();
  expect(await container.exec(request('test -e /tmp/ran'))).toMatchObject({ code: 1 });
});

test('a command has no result where its container ends or is removed meanwhile', async () => {
  await using session = await startDockerSession();
  for (const end of ['stop', 'remove'] as const) {
    const container = await startContainer(session);
    const hanging = container.exec(request(hang('hangs')));
    await container.exec(request('until [ -e /tmp/hangs ]; do sleep 0.05; done'));
    await container[end]();
    expect(await hanging).toBeNull();
    await container.remove();
    expect(await container.exec(request('true'))).toBeNull();
  }
});

test('a paused container takes no command, and says so', async () => {
  await using session = await startDockerSession();
  const container = await startContainer(session);
  const paused = session.connection.docker.getContainer(container.dockerId);
  await paused.pause();
  expect(await container.exec(request('true'))).toEqual({ code: null, lastOutput: expect.stringMatching(/paused/) });
  await paused.unpause();
});
