import { describe, expect, test } from 'vitest';
import { baseImage, ensureBaseImage } from '../../scripts/bare-machine/base-image.ts';
import { canBeWarm, listContainersOf } from '../../test/support/runtime/docker-session.ts';
import {
  obedient,
  type Sample,
  sampleContainer,
  sampleEnvironmentId,
  sh,
} from '../../test/support/runtime/sample-container.ts';
import { systemClock } from '../shared/clock.ts';
import { errorCodes } from '../shared/errors.ts';
import { deriveObjectId, type EnvironmentId } from '../shared/ids.ts';
import { startDockerRuntime } from './docker/docker-runtime.ts';
import type { ContainerRuntime, ContainerSpec } from './port.ts';
import { type Behaviour, SimulatedRuntime } from './simulated/simulated-runtime.ts';

/** Processes, each as a command for a container and as a behaviour for the simulation. */
const programs = {
  obedient: { command: obedient, behaviour: {} },
  quick: { command: sh('exit 0'), behaviour: { exitAfterMs: 0 } },
  failing: { command: sh('exit 42'), behaviour: { exitAfterMs: 0, exitCode: 42 } },
  deaf: { command: sh("trap '' TERM; while :; do sleep 1; done"), behaviour: { ignoresSignals: true } },
  missing: { command: { path: 'no-such-program', args: [] }, behaviour: { failStart: 'no-such-program not found' } },
} satisfies Record<string, { command: ContainerSpec['command']; behaviour: Behaviour }>;

const behaviourOf = ({ command }: ContainerSpec): Behaviour =>
  Object.values(programs).find((program) => program.command === command)?.behaviour ?? {};

type Started = {
  readonly runtime: ContainerRuntime;
  /** States of its instances' containers, as what runs them knows them. */
  readonly states: () => Promise<readonly string[]>;
};

const adapters: readonly { kind: string; start: (session: string) => Promise<Started> }[] = [
  {
    kind: 'docker',
    start: async (session) => {
      await ensureBaseImage();
      const runtime = await startDockerRuntime({ session, version: '0.0.0-test' });
      const list = async () => (await listContainersOf(session)).filter(({ isSandbox }) => !isSandbox);
      return { runtime, states: async () => (await list()).map(({ state }) => state) };
    },
  },
  {
    kind: 'simulated',
    start: (_session) => {
      const runtime = new SimulatedRuntime({ clock: systemClock, behaviour: behaviourOf });
      return Promise.resolve({
        runtime,
        states: () => Promise.resolve([...runtime.containers].map(({ state }) => state)),
      });
    },
  },
];

/** An engine without warm instances makes cold ones of them, which sandboxes.test.ts shows. */
const isWarmable = await canBeWarm();
const warmModes = (kind: string): readonly boolean[] => (kind === 'simulated' || isWarmable ? [false, true] : [false]);

const modes = adapters.flatMap((adapter) =>
  [false, true].flatMap((hot) =>
    warmModes(adapter.kind).map((warm) => ({
      ...adapter,
      mode: [hot && 'hot', warm && 'warm'].filter(Boolean).join(' and ') || 'cold',
      hot,
      warm,
    })),
  ),
);

describe.each(modes)('the $kind runtime, its containers $mode', ({ kind, start, hot, warm }) => {
  let sessions = 0;
  const startRuntime = async () => {
    sessions += 1;
    const { runtime, states } = await start(`suite-${process.pid}-${sessions}`);
    const network = await runtime.prepareNetwork(sampleEnvironmentId, 201);
    const source = { type: 'registry', reference: baseImage, credentials: null } as const;
    const image = await runtime.prepareImage(source, 'never', () => {});
    const prepare = async (program: keyof typeof programs, sample: Sample = {}) => {
      const spec = sampleContainer(image, network, { command: programs[program].command, ...sample });
      const container = await runtime.prepare(spec, { hot, warm });
      if (warm && !hot && kind === 'docker') await container.warmed;
      return container;
    };
    return { runtime, states, prepare, [Symbol.asyncDispose]: () => runtime[Symbol.asyncDispose]() };
  };

  test('has a name', async () => {
    await using session = await startRuntime();
    expect(session.runtime.kind).toBe(kind);
  });

  test('reports that an image is ready', async () => {
    await using session = await startRuntime();
    const steps: (number | null)[] = [];
    const source = { type: 'registry', reference: baseImage, credentials: null } as const;
    await session.runtime.prepareImage(source, 'missing', ({ fraction }) => steps.push(fraction));
    expect(steps.at(-1)).toBe(1);
  });

  test('gives two environments networks of different numbers, and the same one to one that asks twice', async () => {
    await using session = await startRuntime();
    const other = deriveObjectId<EnvironmentId>('environment', 'other');
    const first = await session.runtime.prepareNetwork(sampleEnvironmentId, 201);
    const second = await session.runtime.prepareNetwork(other, first.number);
    expect(second.number).not.toBe(first.number);
    expect(await session.runtime.prepareNetwork(other, 17)).toEqual(second);
  });

  test('has one container of an instance: made, running, exited and gone', async () => {
    await using session = await startRuntime();
    const container = await session.prepare('obedient');
    // What waits behind the launcher runs to an engine; in a sandbox alone there is no container yet.
    const waiting = hot ? ['running'] : warm ? [] : ['created'];
    expect(await session.states()).toEqual(kind === 'docker' ? waiting : ['created']);
    await container.start(container.spec.environment);
    expect(await session.states()).toEqual(['running']);
    await container.stop();
    expect(await session.states()).toEqual(['exited']);
    await container.remove();
    expect(await session.states()).toEqual([]);
  });

  test('makes containers as the spec says', async () => {
    await using session = await startRuntime();
    expect((await session.prepare('obedient')).readiness).toBe(hot ? 'hot' : warm ? 'warm' : 'cold');
  });

  test('reports the exit code of a process that ends by itself', async () => {
    await using session = await startRuntime();
    const run = await (await session.prepare('failing')).start({});
    expect(await run.exited).toEqual({ code: 42, outOfMemory: false });
  });

  test('reports the end of a process that is over before its start was answered', async () => {
    await using session = await startRuntime();
    const hosts = [1, 2, 3, 4];
    const runs = await Promise.all(hosts.map(async (host) => (await session.prepare('quick', { host })).start({})));
    for (const run of runs) expect(await run.exited).toEqual({ code: 0, outOfMemory: false });
  });

  test('reports the end again to each caller, and after the container was removed', async () => {
    await using session = await startRuntime();
    const container = await session.prepare('failing');
    const run = await container.start({});
    await run.exited;
    await container.remove();
    expect(await run.exited).toEqual({ code: 42, outOfMemory: false });
  });

  test('starts with other variables than the prepared ones', async () => {
    await using session = await startRuntime();
    const container = await session.prepare('obedient', { environment: { A: '1' } });
    const run = await container.start({ A: '2' });
    expect(container.dockerId).toBe(run.dockerId);
    await container.remove();
    expect(await session.states()).toEqual([]);
  });

  test('stops a process, however many ask for it, and answers once it has ended', async () => {
    await using session = await startRuntime();
    const container = await session.prepare('obedient');
    const run = await container.start({});
    await Promise.all([container.stop(), container.stop()]);
    expect(await session.states()).toEqual(['exited']);
    expect((await run.exited).code).not.toBeNull();
    await container.stop();
  });

  test('runs a command beside a process, and nothing beside one that has ended', async () => {
    await using session = await startRuntime();
    const container = await session.prepare('obedient');
    const run = await container.start({});
    const request = { command: ['true'], environment: {}, signal: new AbortController().signal };
    expect(await container.exec(request)).toEqual({ code: 0, lastOutput: '' });
    await container.stop();
    await run.exited;
    expect(await container.exec(request)).toBeNull();
  });

  test('kills a process that ignores the signal, after the grace', async () => {
    await using session = await startRuntime();
    const container = await session.prepare('deaf', { stop: { signals: ['SIGTERM'], graceMs: 300 } });
    const run = await container.start({});
    const before = performance.now();
    await container.stop();
    expect(performance.now() - before).toBeGreaterThanOrEqual(290);
    expect(await run.exited).toEqual({ code: 137, outOfMemory: false });
  });

  test('has nothing to stop in a container that was never started or has ended', async () => {
    await using session = await startRuntime();
    const never = await session.prepare('obedient');
    await never.stop();
    const run = await never.start({});
    await never.stop();
    await run.exited;
    const ended = await session.prepare('quick', { host: 2 });
    await (await ended.start({})).exited;
    await ended.stop();
  });

  test('says why a container cannot start, and leaves what remove clears away', async () => {
    await using session = await startRuntime();
    const container = await session.prepare('missing', { environment: { A: '1' } });
    await expect(container.start({ A: '2' })).rejects.toMatchObject({
      code: errorCodes.containerRefused,
      message: expect.stringMatching(/^Failed to start container sample-1: .*no-such-program.*not found.*\.$/),
    });
    await container.stop();
    await container.remove();
    expect(await session.states()).toEqual([]);
  });

  test('removes a running container, which is its end, and removes it again without complaint', async () => {
    await using session = await startRuntime();
    const container = await session.prepare('deaf');
    const run = await container.start({});
    await Promise.all([container.remove(), container.remove()]);
    expect(await run.exited).toEqual({ code: 137, outOfMemory: false });
    await container.remove();
    await container.stop();
    expect(await session.states()).toEqual([]);
  });

  test('has no run to take over where none outlives its process', async () => {
    await using session = await startRuntime();
    const container = await session.prepare('obedient');
    await container.start({});
    expect(await session.runtime.resume([{ spec: container.spec, wasStarted: true }])).toEqual(new Map());
    expect(await session.states()).toEqual(['running']);
  });

  test('ends every run when it is disposed of, and makes nothing afterwards', async () => {
    await using session = await startRuntime();
    const run = await (await session.prepare('deaf')).start({});
    await Promise.all([session.runtime[Symbol.asyncDispose](), session.runtime[Symbol.asyncDispose]()]);
    expect(await run.exited).toBeDefined();
    await expect(session.prepare('obedient')).rejects.toThrow(/the emulator is stopping/);
  });
});
