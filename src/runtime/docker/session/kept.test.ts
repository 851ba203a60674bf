import { expect, test } from 'vitest';
import { canBeWarm, type DockerSession, startDockerSession } from '../../../../test/support/runtime/docker-session.ts';
import { obedient, sh } from '../../../../test/support/runtime/sample-container.ts';
import type { PrepareOptions } from '../../port.ts';
import { pruneLeftovers, removeSession } from './leftovers.ts';

const failing = { command: sh('echo evidence > /evidence; echo last words; exit 3') };

/** Keeps a container that ran to its end; answers its ID. */
const keepOne = async (session: DockerSession, options: PrepareOptions = {}): Promise<string> => {
  const container = await session.runtime.prepare(session.spec(failing), options);
  if (options.warm && (await canBeWarm())) await container.warmed;
  await (await container.start({})).exited;
  await container.remove({ keep: true });
  return container.dockerId;
};

test.each([
  ['cold', {}],
  ['hot', { hot: true }],
  ['warm', { warm: true }],
])(
  'a %s container that is kept outlives its runtime, with its logs and its files',
  async (_what, options: PrepareOptions) => {
    await using session = await startDockerSession();
    const dockerId = await keepOne(session, options);
    // A sandbox is its instance's still.
    expect((await session.list()).filter(({ isSandbox }) => !isSandbox)).toEqual([]);
    await session.runtime[Symbol.asyncDispose]();

    await using beside = await startDockerSession();
    expect(await beside.left(session.id)).toEqual([
      expect.stringMatching(new RegExp(`^cycle-kept-${session.id}-sample-1-\\d+$`)),
      ...(options.hot || (options.warm && (await canBeWarm())) ? [`cycle-${session.id}-gate`] : []),
    ]);
    expect(await beside.output(dockerId)).toContain('last words\n');
    expect((await beside.inspect(dockerId)).State.ExitCode).toBe(3);
    await beside.removeAll(session.id);
    expect(await beside.left(session.id)).toEqual([]);
  },
);

test('kept containers survive the watchdog and the clean-up at a start, and prune removes them', async () => {
  await using session = await startDockerSession();
  const dockerId = await keepOne(session);
  expect(await removeSession(session.runtime.endpoint, session.id)).toBe(true);
  expect((await session.inspect(dockerId)).State.Running).toBe(false);
  const dry = { all: true, dryRun: true };
  const found = async (options: object) =>
    (await pruneLeftovers({ ...dry, ...options })).leftovers.filter((leftover) => leftover.session === session.id);
  expect(await found({ kept: false })).toEqual([]);
  expect(await found({})).toMatchObject([{ kind: 'container' }]);
  await session.removeAll();
});

test('a container that still runs is removed under every retention', async () => {
  await using session = await startDockerSession();
  const container = await session.runtime.prepare(session.spec({ command: obedient }));
  await container.start({});
  await container.remove({ keep: true });
  expect(await session.left()).toHaveLength(1);
});

test('a kept container that was removed by hand is not missed', async () => {
  await using session = await startDockerSession();
  const container = await session.runtime.prepare(session.spec(failing));
  await (await container.start({})).exited;
  await session.connection.docker.getContainer(container.dockerId).remove();
  await container.remove({ keep: true });
});
