import { describe, expect, it } from 'vitest';
import { startEmulator } from '../../src/emulator/start-emulator.ts';
import type { Keep } from '../../src/engine/service.ts';
import { callerOf } from '../support/caller.ts';
import { containersWith, docker } from '../support/docker-cli.ts';
import { type SampleFunction, sampleStack } from '../support/sample-stack.ts';

/** An emulator of one function, and the log lines of a person who watches it. */
const start = async (sample: SampleFunction, keep: Keep = 'never') => {
  const lines: { readonly level: string; readonly fields: object; readonly message: string }[] = [];
  const write = (level: string) => (fields: object, message: string) => void lines.push({ level, fields, message });
  const logger = { debug: () => {}, info: write('info'), warn: write('warn'), error: write('error') };
  const emulator = await startEmulator({ stack: sampleStack({ sample }), logger, keep });
  const caller = callerOf(emulator);
  const runToItsEnd = async () => {
    const instanceId = await caller.claimed();
    const ended = emulator.events.waitFor((event) => event.name === 'instance.ended');
    await caller.spawn(instanceId);
    const event = await ended;
    return { instanceId, exit: event.name === 'instance.ended' ? event.exit : null };
  };
  return { emulator, caller, lines, runToItsEnd, [Symbol.asyncDispose]: () => emulator.stop() };
};

describe('a function that fails by itself', () => {
  it('has its exit code and its last lines in the event and in the log', async () => {
    await using sample = await start({ script: 'seq 1 30 >&2; echo no database >&2; exit 3' });
    const { exit, instanceId } = await sample.runToItsEnd();
    const last = [...Array.from({ length: 19 }, (_, index) => String(index + 12)), 'no database'];
    expect(exit).toEqual({ code: 3, outOfMemory: false, lastLines: last });
    expect(sample.lines).toContainEqual({
      level: 'warn',
      message: 'instance.ended',
      fields: expect.objectContaining({ instance: instanceId, exit }),
    });
  });

  it('has its output in the event and in the log after it ran out of memory', async () => {
    const script = 'echo eating; exec tail /dev/zero';
    await using sample = await start({ script, resources: { ram: { limit: '16M' } } });
    // Whether the engine has noticed the lack of memory by then is for the runtime's own test.
    expect((await sample.runToItsEnd()).exit).toMatchObject({ code: 137, lastLines: ['eating'] });
  });

  it('has no failure event where a release or max_runtime ended it', async () => {
    await using sample = await start({ script: "trap 'exit 9' TERM; echo ready; sleep 1000 & wait $!" });
    const instanceId = await sample.caller.claimed();
    const ended = sample.emulator.events.waitFor((event) => event.name === 'instance.ended');
    await sample.caller.spawn(instanceId);
    // A signal that comes before the shell has set its trap ends it otherwise.
    for await (const { text } of sample.emulator.logs(instanceId).follow()) if (text.includes('ready')) break;
    await sample.caller.release(instanceId);
    expect(await ended).toMatchObject({ exit: { code: 9, outOfMemory: false } });
    expect(await ended).not.toHaveProperty('exit.lastLines');
    const warnings = sample.lines.filter(({ level }) => level === 'warn');
    expect(warnings.filter(({ message }) => message === 'instance.ended')).toEqual([]);
  });
});

it.each([
  ['/no/such/program', 127, 'its image has it'],
  ['/etc/passwd', 126, 'Make the command executable'],
])('a function whose command is %s is answered with exit code %i', async (path, code, remedy) => {
  await using sample = await start({ command: { path } });
  const { status, detail } = await sample.caller.spawn(await sample.caller.claimed());
  expect(status).toBe(500);
  expect(detail).toContain(`(exit code ${code})`);
  expect(detail).toContain(remedy);
});

describe('the containers of ended runs', () => {
  /** What is left of an emulator that ran one function well and one into an error, and was stopped. */
  const leftAfter = async (keep: Keep): Promise<readonly string[]> => {
    await using sample = await start({ script: 'exit $CODE', limits: { max_queue_time: '30s' } }, keep);
    for (const CODE of ['0', '4']) {
      const instanceId = await sample.caller.claimed();
      const rebuilt = sample.emulator.events.waitFor((event) => event.name === 'instance.available');
      await sample.caller.spawn(instanceId, { CODE });
      await rebuilt;
    }
    await sample.emulator.stop();
    const left = await containersWith('session', sample.emulator.session, { all: true });
    const codes = left.map((id) => docker('inspect', '--format', '{{.Name}} {{.State.ExitCode}}', id));
    const described = await Promise.all(codes);
    if (left.length > 0) await docker('rm', ...left);
    // Where the network comes up with a container, as Podman's does, one was hot for a moment.
    const ofSession = `label=io.cycle.emulator.session=${sample.emulator.session}`;
    const volumes = (await docker('volume', 'ls', '--quiet', '--filter', ofSession)).split('\n').filter(Boolean);
    if (volumes.length > 0) await docker('volume', 'rm', ...volumes);
    return described.map((text) => text.replace(sample.emulator.session, 'session')).sort();
  };

  it.each([
    ['never', []],
    ['failed', [expect.stringMatching(/^\/cycle-kept-session-sample-1-\d+ 4$/)]],
    ['always', [expect.stringMatching(/-\d+ 0$/), expect.stringMatching(/-\d+ 4$/)]],
  ] as const)('stay with --keep %s: %j', async (keep, expected) => {
    expect(await leftAfter(keep)).toEqual(expected);
  });
});
