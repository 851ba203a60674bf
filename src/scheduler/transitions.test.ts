import { describe, expect, it } from 'vitest';
import { type CommandName, commands, outcomeOf, type SituationName, situations } from '../../scripts/situations.ts';

const commandNames = Object.keys(commands) as CommandName[];

/** A state that no command changes or answers but those named. */
const unchanged = (state: string, others: Partial<Record<CommandName, string>>): Record<CommandName, string> => ({
  ...(Object.fromEntries(commandNames.map((name) => [name, state])) as Record<CommandName, string>),
  ...others,
});

/**
 * Every state × every command: the state after it, the caller's answer, and what is to be done. A claim that is not
 * answered is in line; a command that changes nothing and answers no caller is an event of a container that is gone.
 */
const expected: Record<SituationName, Record<CommandName, string>> = {
  preparing: unchanged('preparing', {
    spawn: 'preparing · not-claimed',
    release: 'preparing · not-claimed',
    'spawn with another token': 'preparing · not-claimed',
    'release with another token': 'preparing · not-claimed',
    prepared: 'available',
    'prepare-failed': 'failed',
    reload: 'preparing · → prepare',
  }),
  'preparing, its run having exited': unchanged('preparing', {
    spawn: 'preparing · run-ended',
    release: 'preparing · released',
    'spawn with another token': 'preparing · not-claimed',
    'release with another token': 'preparing · not-claimed',
    prepared: 'available',
    'prepare-failed': 'failed',
    reload: 'preparing · → prepare',
  }),
  'preparing, its run having been released': unchanged('preparing', {
    spawn: 'preparing · already-released',
    release: 'preparing · already-released',
    'spawn with another token': 'preparing · not-claimed',
    'release with another token': 'preparing · not-claimed',
    prepared: 'available',
    'prepare-failed': 'failed',
    reload: 'preparing · → prepare',
  }),
  available: unchanged('available', {
    claim: 'claimed · claimed',
    spawn: 'available · not-claimed',
    release: 'available · not-claimed',
    'spawn with another token': 'available · not-claimed',
    'release with another token': 'available · not-claimed',
    lost: 'preparing · → prepare',
    reload: 'preparing · → prepare',
  }),
  'available, its claim having expired': unchanged('available', {
    claim: 'claimed · claimed',
    spawn: 'available · claim-expired',
    release: 'available · claim-expired',
    'spawn with another token': 'available · not-claimed',
    'release with another token': 'available · not-claimed',
    lost: 'preparing · → prepare',
    reload: 'preparing · → prepare',
  }),
  'available, its claim having been released': unchanged('available', {
    claim: 'claimed · claimed',
    spawn: 'available · already-released',
    release: 'available · already-released',
    'spawn with another token': 'available · not-claimed',
    'release with another token': 'available · not-claimed',
    lost: 'preparing · → prepare',
    reload: 'preparing · → prepare',
  }),
  'available, its run having exited': unchanged('available', {
    claim: 'claimed · claimed',
    spawn: 'available · run-ended',
    release: 'available · released',
    'spawn with another token': 'available · not-claimed',
    'release with another token': 'available · not-claimed',
    lost: 'preparing · → prepare',
    reload: 'preparing · → prepare',
  }),
  'available, its container being a replacement': unchanged('available', {
    claim: 'claimed · claimed',
    spawn: 'available · not-claimed',
    release: 'available · not-claimed',
    'spawn with another token': 'available · not-claimed',
    'release with another token': 'available · not-claimed',
    lost: 'failed',
    reload: 'preparing · → prepare',
  }),
  claimed: unchanged('claimed', {
    spawn: 'starting · → start',
    release: 'available · released',
    'spawn with another token': 'claimed · wrong-token',
    'release with another token': 'claimed · wrong-token',
    reset: 'available',
  }),
  'claimed, its container being lost': unchanged('claimed', {
    spawn: 'starting · → start',
    release: 'preparing · released · → prepare',
    'spawn with another token': 'claimed · wrong-token',
    'release with another token': 'claimed · wrong-token',
    reset: 'preparing · → prepare',
  }),
  starting: unchanged('starting', {
    spawn: 'starting · already-spawned',
    'spawn with another token': 'starting · wrong-token',
    'release with another token': 'starting · wrong-token',
    started: 'running · (earlier caller: spawned)',
    'start-failed': 'preparing · (earlier caller: start-failed) · → prepare',
    reset: 'preparing · (earlier caller: not-ready) · → prepare',
  }),
  'starting, being released': unchanged('starting', {
    spawn: 'starting · already-spawned',
    release: 'starting · already-released',
    'spawn with another token': 'starting · wrong-token',
    'release with another token': 'starting · wrong-token',
    started: 'stopping · (earlier caller: spawned) · → stop',
    'start-failed': 'preparing · (earlier caller: start-failed) · (earlier caller: released) · → prepare',
    reset: 'preparing · (earlier caller: not-ready) · (earlier caller: not-ready) · → prepare',
  }),
  running: unchanged('running', {
    spawn: 'running · already-spawned',
    release: 'stopping · → stop',
    'spawn with another token': 'running · wrong-token',
    'release with another token': 'running · wrong-token',
    unhealthy: 'stopping · → stop',
    'stop-failed': 'preparing · → prepare',
    exited: 'preparing · → prepare',
    reset: 'preparing · → prepare',
  }),
  'stopping, being released': unchanged('stopping', {
    spawn: 'stopping · already-spawned',
    release: 'stopping · already-released',
    'spawn with another token': 'stopping · wrong-token',
    'release with another token': 'stopping · wrong-token',
    'stop-failed': 'preparing · (earlier caller: released) · → prepare',
    exited: 'preparing · (earlier caller: released) · → prepare',
    reset: 'preparing · (earlier caller: not-ready) · → prepare',
  }),
  'stopping, its time being over': unchanged('stopping', {
    spawn: 'stopping · already-spawned',
    'spawn with another token': 'stopping · wrong-token',
    'release with another token': 'stopping · wrong-token',
    'stop-failed': 'preparing · → prepare',
    exited: 'preparing · → prepare',
    reset: 'preparing · → prepare',
  }),
  'stopping, its health check having failed': unchanged('stopping', {
    spawn: 'stopping · already-spawned',
    'spawn with another token': 'stopping · wrong-token',
    'release with another token': 'stopping · wrong-token',
    'stop-failed': 'preparing · → prepare',
    exited: 'preparing · → prepare',
    reset: 'preparing · → prepare',
  }),
  failed: unchanged('failed', {
    spawn: 'failed · not-claimed',
    release: 'failed · not-claimed',
    'spawn with another token': 'failed · not-claimed',
    'release with another token': 'failed · not-claimed',
    'try-again': 'preparing · → prepare',
    reset: 'preparing · → prepare',
    reload: 'preparing · → prepare',
  }),
};

describe.each(Object.keys(situations) as SituationName[])('an instance that is %s', (situation) => {
  it.each(commandNames)('takes %s', (command) => {
    expect(outcomeOf(situation, command)).toBe(expected[situation][command]);
  });
});
