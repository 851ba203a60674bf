import { reportEnding, reportStarted, reportStopping } from './probe.ts';
import type { Instance, Reference, Rules, Run, Variables } from './rules.ts';

export const environmentId = '65a0000000000000000000e0';
export const serverId = '65a0000000000000000000e1';

const graceMs = 2_000;
/** Linux gives no process a variable longer than that, name, equals sign and the NUL behind it included. */
const longestVariable = 128 * 1024;

export const createRunRules = (reference: Reference) =>
  ({
    find: (fn, instanceId) => fn.instances.find(({ id }) => id === instanceId),
    holds: (instance, token) => instance.token === token,
    spawn: async (call) => {
      const { rules } = reference;
      const instance = rules.find(call.fn, call.instanceId);
      if (!instance) return { rejection: rules.refuse.noInstance };
      const rejection = rules.maySpawn(instance, call);
      if (rejection) return { rejection };
      instance.lease?.cancel();
      instance.spawnedAt = reference.clock.now();
      const environment = rules.environment(instance, call.variables);
      if (!rules.canStart(environment)) return rules.startFailed(instance);
      await rules.start(instance, environment);
      return { data: rules.spawned(instance, call.token) };
    },
    maySpawn: (instance, call) => {
      const { refuse, holds } = reference.rules;
      if (instance.token === null) return refuse.wrongState;
      if (!holds(instance, call.token, call)) return refuse.wrongToken;
      return instance.spawnedAt === null ? null : refuse.wrongState;
    },
    release: async (call) => {
      const { rules } = reference;
      const instance = rules.find(call.fn, call.instanceId);
      if (!instance) return { rejection: rules.refuse.noInstance };
      const rejection = rules.mayRelease(instance, call);
      if (rejection) return { rejection };
      const wasHeld = instance.token !== null;
      instance.pastToken = null;
      instance.stopping = wasHeld;
      if (instance.run) await rules.stop(instance);
      const data = rules.released(instance, call.token);
      if (wasHeld) rules.free(instance);
      return { data };
    },
    mayRelease: (instance, call) => {
      const { refuse, holds } = reference.rules;
      if (instance.token === null) return instance.pastToken === call.token ? null : refuse.wrongState;
      if (!holds(instance, call.token, call)) return refuse.wrongToken;
      return instance.stopping ? refuse.wrongState : null;
    },
    environment: (instance, given) => ({ ...stackVariables, ...given, ...cycleVariables(instance) }),
    canStart: (environment) =>
      Object.entries(environment).every(([name, value]) => Buffer.byteLength(`${name}=${value}`) < longestVariable),
    startFailed: (instance) => {
      reference.rules.free(instance);
      return { rejection: reference.rules.refuse.failed };
    },
    // As on the real thing the start is done when the process runs, which is before its report has come.
    start: async (instance, environment) => {
      await Promise.resolve();
      const run: Run = { environment, startedAt: reference.clock.now(), end: null };
      instance.run = run;
      void reportStarted(instance, environment);
      const end = (): void => {
        if (environment['PROBE_TELL_END'] === '1') void reportEnding(environment);
        if (instance.run === run) reference.rules.ended(instance);
      };
      const { PROBE_RUN_MS: runMs } = environment;
      if (runMs) run.end = reference.alarm(Number(runMs), end);
    },
    stop: async (instance) => {
      const { run } = instance;
      if (!run) return;
      run.end?.cancel();
      if (run.environment['PROBE_IGNORE_SIGTERM'] === '1')
        await new Promise<void>((resolve) => reference.alarm(graceMs, resolve));
      else await reportStopping(run.environment);
      if (instance.run === run) instance.run = null;
    },
    ended: (instance) => {
      const { token } = instance;
      reference.rules.free(instance);
      // The first claim in line may have it already; then it has no past token.
      if (instance.token === null) instance.pastToken = token;
    },
  }) satisfies Partial<Rules>;

const stackVariables: Variables = { PATH: '/bin', PROBE_STACK: 'from-the-stack' };

const cycleVariables = ({ id, fn }: Instance): Variables => ({
  CYCLE_CONTAINER_ID: fn.id,
  CYCLE_CONTAINER_IDENTIFIER: fn.identifier,
  CYCLE_INSTANCE_ID: id,
  CYCLE_ENVIRONMENT_ID: environmentId,
  CYCLE_SERVER_ID: serverId,
  CYCLE_AUTO_START: 'no',
});
