import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { canBeWarm, startDockerSession } from '../../../test/support/runtime/docker-session.ts';
import type { ResumedRun, ResumeRequest } from '../port.ts';
import { discardContainer } from './engine/container-api.ts';
import { toSessionLabels } from './engine/labels.ts';
import { pruneLeftovers } from './session/leftovers.ts';
import { identifyThisProcess } from './session/owner.ts';

/** Of the run in one, where the engine has any; one container each is beside the instances'. */
const sandboxes = (await canBeWarm()) ? 1 : 0;

/** What the first process has made, in the order of its hosts. */
const hosts = {
  made: 1,
  waiting: 2,
  running: 3,
  'running behind the launcher': 4,
  ended: 5,
  'running in a sandbox': 6,
} as const;
type Name = keyof typeof hosts;

type Death = Disposable & {
  readonly session: string;
  readonly stateFile: string;
  /** The engine's IDs of what it had made. */
  readonly ids: Readonly<Record<Name, string>>;
};

/** A durable session whose first process was killed. */
const firstLife = async (): Promise<Death> => {
  const session = `test-${randomBytes(4).toString('hex')}`;
  const stateFile = join(tmpdir(), `${session}.db`);
  writeFileSync(stateFile, '');
  const program = new URL('../../../test/support/runtime/doomed-life.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [program, session, stateFile], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const said = await Promise.race([once(createInterface(child.stdout), 'line'), ended]);
  child.kill('SIGKILL');
  await ended;
  const ids = Object.fromEntries(JSON.parse(String(said[0]))) as Death['ids'];
  return { session, stateFile, ids, [Symbol.dispose]: () => rmSync(stateFile, { force: true }) };
};

/** The next process of a session; ends all of it by default. */
const nextLife = async ({ session, stateFile }: Death, epoch = 2) => {
  const next = await startDockerSession({ session, durable: { stateFile, epoch: epoch } });
  const request = (name: Name, wasStarted = true): ResumeRequest => ({
    spec: next.spec({
      host: hosts[name],
      publishedPorts: name === 'running' || name === 'running in a sandbox' ? [5000] : [],
    }),
    wasStarted,
  });
  const resume = async (...wanted: readonly ResumeRequest[]) => {
    const resumed = await next.runtime.resume(wanted);
    return (name: Name): ResumedRun | undefined => resumed.get(next.spec({ host: hosts[name] }).instanceId);
  };
  const runningIds = async () => (await next.list()).map(({ dockerId }) => dockerId).toSorted();
  return { ...next, request, resume, runningIds };
};

const printed = async ({ output }: ResumedRun['run']): Promise<readonly string[]> => {
  const chunks: string[] = [];
  for await (const { stream, data } of output) chunks.push(`${stream} ${Buffer.from(data)}`);
  return chunks.toSorted();
};

test('a resumed session takes over running containers, cold and launched, and removes those that were only made', async () => {
  using before = await firstLife();
  await using next = await nextLife(before);
  const resumed = await next.resume(next.request('running'), next.request('running behind the launcher'));
  next.runtime.confirmResume();
  const { ids } = before;
  expect(await next.runningIds()).toEqual([ids.running, ids['running behind the launcher']].toSorted());
  for (const name of ['running', 'running behind the launcher'] as const) {
    const { container, run } = resumed(name) ?? {};
    if (container === undefined || run === undefined) throw new Error(`${name} was not found`);
    expect([container.dockerId, run.dockerId]).toEqual([ids[name], ids[name]]);
    await container.stop();
    expect(await run.exited).toEqual({ code: 7, outOfMemory: false });
    expect(await printed(run)).toEqual(['stderr err\n', 'stdout out\n']);
    await container.remove();
  }
  expect(Object.keys(resumed('running')?.run.publishedPorts ?? {})).toEqual(['5000']);
  expect(await next.runningIds()).toEqual([]);
});

test('a resumed session takes over a run in its sandbox, whose ports it has, and removes both after it', async () => {
  using before = await firstLife();
  await using next = await nextLife(before);
  const resumed = (await next.resume(next.request('running in a sandbox')))('running in a sandbox');
  next.runtime.confirmResume();
  if (resumed === undefined) throw new Error('it was not found');
  expect(await next.list()).toHaveLength(1 + sandboxes);
  expect(Object.keys(resumed.run.publishedPorts)).toEqual(['5000']);
  await resumed.container.stop();
  expect(await resumed.run.exited).toEqual({ code: 7, outOfMemory: false });
  await resumed.container.remove();
  expect(await next.list()).toEqual([]);
});

test('a resumed run whose sandbox is gone has ended, and its process is killed', async () => {
  using before = await firstLife();
  await using next = await nextLife(before);
  const { docker } = next.connection;
  const container = docker.getContainer(before.ids['running in a sandbox']);
  const joined = (await container.inspect()).HostConfig.NetworkMode?.split(':')[1];
  if (joined !== undefined) await docker.getContainer(joined).remove({ force: true });
  const resumed = (await next.resume(next.request('running in a sandbox')))('running in a sandbox');
  next.runtime.confirmResume();
  if (resumed === undefined) throw new Error('it was not found');
  if (joined === undefined) await container.kill();
  expect((await resumed.run.exited).code).toBe(joined === undefined ? 137 : null);
  await expect.poll(async () => (await container.inspect()).State.Running).toBe(false);
  await resumed.container.remove();
});

test('a resumed session reports how a run ended meanwhile, and what it printed', async () => {
  using before = await firstLife();
  await using next = await nextLife(before);
  await next.connection.docker.getContainer(before.ids.ended).wait();
  const resumed = (await next.resume(next.request('ended')))('ended');
  next.runtime.confirmResume();
  expect(await resumed?.run.exited).toEqual({ code: 42, outOfMemory: false });
  expect(resumed && (await printed(resumed.run))).toEqual(['stdout last words\n']);
});

test('a resumed session finds out whether an unanswered start had succeeded', async () => {
  using before = await firstLife();
  await using next = await nextLife(before);
  const asked = ['made', 'waiting', 'running', 'running behind the launcher'] as const;
  const resumed = await next.resume(...asked.map((name) => next.request(name, false)));
  next.runtime.confirmResume();
  expect(asked.filter((name) => resumed(name) !== undefined)).toEqual(['running', 'running behind the launcher']);
  expect(await next.runningIds()).toHaveLength(2);
});

test('a run that was given up is not found by the next process, where the one that removed it was killed in between', async () => {
  using before = await firstLife();
  await using next = await nextLife(before);
  const container = next.connection.docker.getContainer(before.ids.running);
  const { Name } = await container.inspect();
  await discardContainer(next.connection, before.ids.running, Name);
  // As a removal does first.
  await container.kill();
  const resumed = await next.resume(next.request('running', false));
  next.runtime.confirmResume();
  expect(resumed('running')).toBeUndefined();
  expect(await next.list()).toEqual([]);
});

test('a start that has not succeeded is given up by name before its container is removed', async () => {
  using before = await firstLife();
  await using next = await nextLife(before);
  const { docker } = next.connection;
  const since = Math.floor(Date.now() / 1000);
  await next.resume(next.request('made', false));
  next.runtime.confirmResume();
  // One that is gone takes no name, so it came before.
  const filters = { event: ['rename'], container: [before.ids.made] };
  const events = await text(await docker.getEvents({ since, until: Math.ceil(Date.now() / 1000) + 1, filters }));
  expect(events.match(/"Action":"\w+"/g)).toEqual(['"Action":"rename"']);
  await expect(docker.getContainer(before.ids.made).inspect()).rejects.toMatchObject({ statusCode: 404 });
});

test('a resumed session does not take over what is gone, nor what has another instance’s address', async () => {
  using before = await firstLife();
  await using next = await nextLife(before);
  await next.connection.docker.getContainer(before.ids.running).remove({ force: true });
  const elsewhere = { ...next.request('running behind the launcher').spec, ipv4: next.spec({ host: 99 }).ipv4 };
  const resumed = await next.resume(next.request('running'), { spec: elsewhere, wasStarted: true });
  next.runtime.confirmResume();
  expect([resumed('running'), resumed('running behind the launcher')]).toEqual([undefined, undefined]);
  expect(await next.runningIds()).toEqual([]);
});

test('a resumed session removes containers that Docker makes late for earlier requests', async () => {
  using before = await firstLife();
  await using next = await nextLife(before);
  const { docker } = next.connection;
  const ofFirstLife = (await next.inspect(before.ids.running)).Config.Labels;
  const createLate = () => docker.createContainer({ Image: 'busybox:1.37', Labels: ofFirstLife });
  const early = await createLate();
  await next.resume(next.request('running'));
  next.runtime.confirmResume();
  const late = await createLate();
  await Promise.all([early, late].map((container) => container.wait({ condition: 'removed' }).catch(() => undefined)));
  const own = await next.runtime.prepare(next.spec({ host: 9 }));
  expect(await next.runningIds()).toEqual([before.ids.running, own.dockerId].toSorted());
});

test('a session that ends before it has resumed leaves running containers to the next', async () => {
  using before = await firstLife();
  {
    await using failed = await nextLife(before);
    await failed.resume(failed.request('running'));
    await failed.runtime.prepare(failed.spec({ host: 9 }));
  }
  await using next = await nextLife(before, 3);
  expect(await next.runningIds()).toEqual([before.ids.running]);
  const resumed = await next.resume(next.request('running'));
  next.runtime.confirmResume();
  expect(resumed('running')?.container.dockerId).toBe(before.ids.running);
  await next.runtime[Symbol.asyncDispose]();
  expect(await next.left()).toEqual([]);
});

test('a session is spared by the sweep of dead ones for as long as its state file is there', async () => {
  using before = await firstLife();
  await using observer = await startDockerSession();
  const ofIt = ({ session }: { readonly session: string }) => session === before.session;
  const { leftovers, held } = await pruneLeftovers({ dryRun: true });
  expect(leftovers.filter(ofIt)).toEqual([]);
  expect(held.filter(ofIt)).toEqual([{ session: before.session, stateFile: before.stateFile, count: 8 + sandboxes }]);
  const all = await pruneLeftovers({ all: true, dryRun: true });
  expect(all.leftovers.filter(ofIt)).toHaveLength(8 + sandboxes);
  expect(all.held).toEqual([]);
  rmSync(before.stateFile);
  expect((await pruneLeftovers({ dryRun: true })).leftovers.filter(ofIt)).toHaveLength(8 + sandboxes);
  expect((await pruneLeftovers({ dryRun: true, spare: before.session })).leftovers.filter(ofIt)).toEqual([]);
  // Like a file in another user's folder, it cannot be looked at.
  symlinkSync(before.stateFile, before.stateFile);
  expect((await pruneLeftovers({ dryRun: true })).leftovers.filter(ofIt)).toEqual([]);
  await observer.removeAll(before.session);
});

test('a session is spared where its state file would be on another host, and while any of its processes lives', async () => {
  await using session = await startDockerSession();
  const { docker } = session.connection;
  const owner = identifyThisProcess();
  const make = async (epoch: string, changes: Partial<typeof owner>) => {
    const id = `${session.id}-${epoch}`;
    const durable = { stateFile: '/no/such/file', epoch: 1 };
    const Labels = toSessionLabels({
      id,
      version: '0',
      owner: { ...owner, ...changes },
      ownerContainer: null,
      durable,
    });
    await docker.createVolume({ Name: `${id}-${changes.pid ?? 'same'}`, Labels });
  };
  const dead = { pid: 2 ** 22 + 1 };
  await Promise.all([
    make('elsewhere', { host: 'another' }),
    make('living', dead),
    make('living', {}),
    make('dead', dead),
  ]);
  const { leftovers } = await pruneLeftovers({ dryRun: true });
  const found = leftovers.filter(({ name }) => name.startsWith(session.id));
  expect(found).toMatchObject([{ session: `${session.id}-dead` }]);
  for (const epoch of ['elsewhere', 'living', 'dead']) await session.removeAll(`${session.id}-${epoch}`);
});
