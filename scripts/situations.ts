import type { Command, Effect } from '../src/scheduler/commands.ts';
import type { PoolSpec } from '../src/scheduler/pool.ts';
import { Scheduler } from '../src/scheduler/scheduler.ts';
import type { ContainerId, InstanceId } from '../src/shared/ids.ts';

export const containerId = 'c'.repeat(24) as ContainerId;
export const otherContainerId = 'd'.repeat(24) as ContainerId;
export const instanceIdAt = (seed: number): InstanceId => seed.toString(16).padStart(24, '0') as InstanceId;
export const instanceId = instanceIdAt(0);

/** When every situation begins. */
export const start = 1_000_000;
export const maxRuntimeMs = 60_000;
export const maxQueueTimeMs = 5_000;

export const poolSpec = (changes: Partial<PoolSpec> = {}): PoolSpec => ({
  containerId,
  instances: 1,
  maxPoolSize: 1,
  hot: 0,
  warm: 0,
  maxShardConcurrency: null,
  maxRuntimeMs,
  maxQueueTimeMs,
  instanceIdAt,
  ...changes,
});

export const schedulerWith = (changes: Partial<PoolSpec> = {}): Scheduler => {
  const scheduler = new Scheduler([otherContainerId]);
  scheduler.addPool(poolSpec(changes), start);
  return scheduler;
};

export const readyScheduler = (changes: Partial<PoolSpec> = {}): Scheduler => {
  const scheduler = schedulerWith(changes);
  for (let seed = 0; seed < poolSpec(changes).instances; seed += 1) {
    scheduler.apply(
      {
        type: 'prepared',
        instanceId: instanceIdAt(seed),
        generation: 1,
        readiness: seed < (changes.hot ?? 0) ? 'hot' : 'cold',
      },
      start,
    );
  }
  return scheduler;
};

/** The stack has this function now, and what else it had. */
export const reloadWith = ({
  isRenewed,
  ...changes
}: Partial<PoolSpec> & { readonly isRenewed: boolean }): Command => ({
  type: 'reload',
  pools: [{ spec: poolSpec(changes), isRenewed }],
  otherContainers: [otherContainerId],
});

const caller = { containerId, instanceId, token: 'token' };
const exit = { code: 0, outOfMemory: false };

/** Commands by the names the tables use. Callers hold the token `token`, tickets distinguish them. */
export const commands = {
  claim: (ticket: number): Command => ({ type: 'claim', ticket, containerId, token: 'token' }),
  spawn: (ticket: number): Command => ({ type: 'spawn', ticket, ...caller, variables: {} }),
  release: (ticket: number): Command => ({ type: 'release', ticket, ...caller }),
  'spawn with another token': (ticket: number): Command => ({
    type: 'spawn',
    ticket,
    ...caller,
    token: 'other',
    variables: {},
  }),
  'release with another token': (ticket: number): Command => ({ type: 'release', ticket, ...caller, token: 'other' }),
  prepared: (_ticket: number, generation: number): Command => ({
    type: 'prepared',
    instanceId,
    generation,
    readiness: 'cold',
  }),
  'prepare-failed': (_ticket: number, generation: number): Command => ({
    type: 'prepare-failed',
    instanceId,
    generation,
    reason: 'no space',
  }),
  started: (_ticket: number, generation: number): Command => ({
    type: 'started',
    instanceId,
    generation,
    publishedPorts: {},
  }),
  'start-failed': (_ticket: number, generation: number): Command => ({
    type: 'start-failed',
    instanceId,
    generation,
    reason: 'no such command',
    engineAway: false,
  }),
  unhealthy: (_ticket: number, generation: number): Command => ({
    type: 'unhealthy',
    instanceId,
    generation,
    reason: 'exit code 1',
  }),
  'stop-failed': (_ticket: number, generation: number): Command => ({
    type: 'stop-failed',
    instanceId,
    generation,
    reason: 'no answer',
  }),
  exited: (_ticket: number, generation: number): Command => ({ type: 'exited', instanceId, generation, exit }),
  lost: (_ticket: number, generation: number): Command => ({
    type: 'lost',
    instanceId,
    generation,
    reason: 'it was removed',
  }),
  'try-again': (): Command => ({ type: 'try-again' }),
  reset: (): Command => ({ type: 'reset' }),
  reload: (): Command => reloadWith({ isRenewed: true }),
} as const;

export type CommandName = keyof typeof commands;

const follow = (...names: readonly CommandName[]): Scheduler => {
  const scheduler = readyScheduler();
  names.forEach((name, ticket) => {
    scheduler.apply(commands[name](ticket, scheduler.instance(instanceId)?.generation ?? 0), start);
  });
  return scheduler;
};

const afterLease = (): Scheduler => {
  const scheduler = follow('claim');
  scheduler.apply({ type: 'tick' }, start + 10_000);
  return scheduler;
};

const afterMaxRuntime = (): Scheduler => {
  const scheduler = follow('claim', 'spawn', 'started');
  scheduler.apply({ type: 'tick' }, start + maxRuntimeMs);
  return scheduler;
};

/** Every state an instance can be in, with the history that matters to a late caller. */
export const situations = {
  preparing: () => schedulerWith(),
  'preparing, its run having exited': () => follow('claim', 'spawn', 'started', 'exited'),
  'preparing, its run having been released': () => follow('claim', 'spawn', 'started', 'release', 'exited'),
  available: () => readyScheduler(),
  'available, its claim having expired': afterLease,
  'available, its claim having been released': () => follow('claim', 'release'),
  'available, its run having exited': () => follow('claim', 'spawn', 'started', 'exited', 'prepared'),
  'available, its container being a replacement': () => follow('lost', 'prepared'),
  claimed: () => follow('claim'),
  'claimed, its container being lost': () => follow('claim', 'lost'),
  starting: () => follow('claim', 'spawn'),
  'starting, being released': () => follow('claim', 'spawn', 'release'),
  running: () => follow('claim', 'spawn', 'started'),
  'stopping, being released': () => follow('claim', 'spawn', 'started', 'release'),
  'stopping, its time being over': afterMaxRuntime,
  'stopping, its health check having failed': () => follow('claim', 'spawn', 'started', 'unhealthy'),
  failed: () => {
    const scheduler = schedulerWith();
    scheduler.apply(commands['prepare-failed'](0, 1), start);
    return scheduler;
  },
} as const satisfies Record<string, () => Scheduler>;

export type SituationName = keyof typeof situations;

/** What came of a command in one line: the state after it, the caller's answer, and what is to be done. */
export const outcomeOf = (situation: SituationName, command: CommandName): string => {
  const scheduler = situations[situation]();
  const before = scheduler.instance(instanceId);
  if (before === undefined) throw new Error('the situation has no instance');
  const effects = scheduler.apply(commands[command](99, before.generation), Math.max(start, before.state.since));
  const after = scheduler.instance(instanceId)?.state.name ?? 'gone';
  return [after, ...effects.filter(({ type }) => type !== 'event').map(describeEffect)].join(' · ');
};

const describeEffect = (effect: Effect): string => {
  switch (effect.type) {
    case 'reply': {
      const answer = effect.reply.type === 'rejected' ? effect.reply.rejection.name : effect.reply.type;
      return effect.ticket === 99 ? answer : `(earlier caller: ${answer})`;
    }
    case 'event':
      return effect.event.name;
    default:
      return `→ ${effect.type}`;
  }
};
