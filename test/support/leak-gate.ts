// Runs in every test file, after everything else of it: a file that leaves an emulator running, or anything in the
// engine, fails, and says where that emulator was started. The processes that a test has started end with it.
import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { createRequire } from 'node:module';
import { afterAll, afterEach, TestRunner } from 'vitest';
import { type LifecycleMessage, lifecycle } from '../../src/emulator/lifecycle.ts';

/** How long the watchdogs of emulators that a test killed may take, on a machine that has much else to do. */
const watchdogsWithinMs = 30_000;

/** Where each emulator that still runs was started, by session. */
const running = new Map<string, string>();
const children = new Set<ChildProcess>();
const childrenOfTest = new Set<ChildProcess>();

lifecycle.subscribe((message) => {
  const { session, type } = message as LifecycleMessage;
  if (type === 'begin') running.set(session, whoStarted());
  else running.delete(session);
});

// Node's own channel: emulators that run as processes of their own are this file's, too.
subscribe('child_process', (message) => {
  const child = (message as { readonly process: ChildProcess }).process;
  children.add(child);
  if (TestRunner.getCurrentTest() !== undefined) childrenOfTest.add(child);
});

/** A watchdog outlives this process, to clean up after it. */
const isWatchdog = ({ spawnargs }: ChildProcess): boolean =>
  spawnargs.some((arg) => /watchdog\/main\.[jt]s$/.test(arg));

const endAll = (ended: ReadonlySet<ChildProcess>): void => {
  for (const child of ended) if (!isWatchdog(child)) child.kill('SIGKILL');
};

// A test that has timed out never comes to what would end them.
afterEach(() => {
  endAll(childrenOfTest);
  childrenOfTest.clear();
});

/** Numbers of processes that may have been emulators; those of `docker` and the like may have other owners by now. */
const emulatorPids = (): readonly number[] =>
  [...children].flatMap(({ spawnfile, pid }) => (spawnfile === process.execPath && pid !== undefined ? [pid] : []));

/** Vitest disposes of a file's fixtures itself, when all hooks are done. */
const isFixture = (stack: string): boolean => stack.includes('/src/runners/vitest.ts');

/** The callers of `startEmulator`, nearest first. */
const whoStarted = (): string => {
  const lines = (new Error().stack ?? '')
    .split('\n')
    .filter((line) => line.includes(' at ') && !line.includes('node_modules'));
  const start = lines.findIndex((line) => line.includes('startEmulator'));
  return lines.slice(start + 1).join('\n');
};

/** A test that made something in the engine has loaded its client, which is a CommonJS module. */
const hasMetDocker = (): boolean =>
  Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('/node_modules/dockerode/'));

/** What this process has in the engine, and what its children have still when their watchdogs should be done. */
const findLeft = async (): Promise<readonly string[]> => {
  // Only here: most files meet no engine, and each would load all of this before its tests.
  const { isStuckNetwork, leftByEnded, leftInEngine, nothingLeft } = await import('./left-in-engine.ts');
  const pids = emulatorPids();
  if ((await leftByEnded(...pids)).length > 0) {
    await nothingLeft(pids, AbortSignal.timeout(watchdogsWithinMs)).catch(() => undefined);
  }
  const left: string[] = [];
  for (const name of [...(await leftInEngine(process.pid)), ...(await leftByEnded(...pids))]) {
    if (await isStuckNetwork(name)) process.stderr.write(`Network ${name} is left until Docker restarts.\n`);
    else left.push(name);
  }
  return left;
};

afterAll(async () => {
  endAll(children);
  const fixtures = [...running].flatMap(([session, stack]) => (isFixture(stack) ? [session] : []));
  const problems = [...running]
    .filter(([session]) => !fixtures.includes(session))
    .map(([session, stack]) => `Emulator ${session} was not stopped. It was started\n${stack}`);
  if (hasMetDocker() || emulatorPids().length > 0) {
    const left = (await findLeft()).filter((name) => !fixtures.some((session) => name.includes(session)));
    problems.push(...left.map((name) => `${name} is left in the engine.`));
  }
  if (problems.length > 0) {
    throw new Error(
      `The tests of this file leave something behind:\n${problems.join('\n')}\nStop it: \`await using\` does.`,
    );
  }
});
