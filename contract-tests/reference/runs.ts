import type { Fn, Run, Slot, Variables } from './model.ts';
import type { Rules } from './rules.ts';
import { reportEnding, reportStarted, reportStopping } from './simulated-probe.ts';
import type { Toy } from './toy.ts';

type RunRules = Pick<
  Rules,
  | 'find'
  | 'holds'
  | 'spawn'
  | 'maySpawn'
  | 'release'
  | 'mayRelease'
  | 'environment'
  | 'canStart'
  | 'startFailed'
  | 'start'
  | 'stop'
  | 'ended'
>;

export const environmentId = '65a0000000000000000000e0';
export const serverId = '65a0000000000000000000e1';

const graceMs = 2_000;
/** Linux gives no process a variable longer than that, name, equals sign and the NUL behind it included. */
const longestVariable = 128 * 1024;

export const createRunRules = (toy: Toy): RunRules => ({
  find: (fn, instanceId) => fn.slots.find(({ id }) => id === instanceId),
  holds: (slot, token) => slot.token === token,
  spawn: async (call) => {
    const { rules } = toy;
    const token = String(call.fields['token']);
    const slot = rules.find(call.fn as Fn, String(call.fields['instance_id']));
    if (!slot) return { rejection: rules.refuse.noInstance };
    const rejection = rules.maySpawn(slot, token, call);
    if (rejection) return { rejection };
    slot.lease?.cancel();
    slot.spawnedAt = toy.clock.now();
    const environment = rules.environment(slot, variablesOf(call.fields['runtime_variables']));
    if (!rules.canStart(environment)) return rules.startFailed(slot);
    await rules.start(slot, environment);
    return { data: rules.spawned(slot, token) };
  },
  maySpawn: (slot, token, call) => {
    const { refuse, holds } = toy.rules;
    if (slot.token === null) return refuse.wrongState;
    if (!holds(slot, token, call)) return refuse.wrongToken;
    return slot.spawnedAt === null ? null : refuse.wrongState;
  },
  release: async (call) => {
    const { rules } = toy;
    const token = String(call.fields['token']);
    const slot = rules.find(call.fn as Fn, String(call.fields['instance_id']));
    if (!slot) return { rejection: rules.refuse.noInstance };
    const rejection = rules.mayRelease(slot, token, call);
    if (rejection) return { rejection };
    const wasHeld = slot.token !== null;
    slot.pastToken = null;
    slot.stopping = wasHeld;
    if (slot.run) await rules.stop(slot);
    const data = rules.released(slot, token);
    if (wasHeld) rules.free(slot);
    return { data };
  },
  mayRelease: (slot, token, call) => {
    const { refuse, holds } = toy.rules;
    if (slot.token === null) return slot.pastToken === token ? null : refuse.wrongState;
    if (!holds(slot, token, call)) return refuse.wrongToken;
    return slot.stopping ? refuse.wrongState : null;
  },
  environment: (slot, given) => ({ ...stackVariables, ...given, ...cycleVariables(slot) }),
  canStart: (environment) =>
    Object.entries(environment).every(([name, value]) => Buffer.byteLength(`${name}=${value}`) < longestVariable),
  startFailed: (slot) => {
    toy.rules.free(slot);
    return { rejection: toy.rules.refuse.failed };
  },
  // As on the real thing the start is done when the process runs, which is before its report has come.
  start: async (slot, environment) => {
    await Promise.resolve();
    const run: Run = { environment, startedAt: toy.clock.now(), end: null };
    slot.run = run;
    void reportStarted(slot, environment);
    const end = (): void => {
      if (environment['PROBE_TELL_END'] === '1') void reportEnding(environment);
      if (slot.run === run) toy.rules.ended(slot);
    };
    const { PROBE_RUN_MS: runMs } = environment;
    if (runMs) run.end = toy.alarm(Number(runMs), end);
  },
  stop: async (slot) => {
    const { run } = slot;
    if (!run) return;
    run.end?.cancel();
    if (run.environment['PROBE_IGNORE_SIGTERM'] === '1')
      await new Promise<void>((resolve) => toy.alarm(graceMs, resolve));
    else await reportStopping(run.environment);
    if (slot.run === run) slot.run = null;
  },
  ended: (slot) => {
    const { token } = slot;
    toy.rules.free(slot);
    // Whoever came first in line has it already then, and it has no past any more.
    if (slot.token === null) slot.pastToken = token;
  },
});

const stackVariables: Variables = { PATH: '/bin', PROBE_STACK: 'from-the-stack' };

const cycleVariables = ({ id, fn }: Slot): Variables => ({
  CYCLE_CONTAINER_ID: fn.id,
  CYCLE_CONTAINER_IDENTIFIER: fn.identifier,
  CYCLE_INSTANCE_ID: id,
  CYCLE_ENVIRONMENT_ID: environmentId,
  CYCLE_SERVER_ID: serverId,
  CYCLE_AUTO_START: 'no',
});

const variablesOf = (runtimeVariables: unknown): Variables =>
  (runtimeVariables as { environment_variables?: Variables | null } | null | undefined)?.environment_variables ?? {};
