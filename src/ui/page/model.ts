import type { components } from '../../openapi/control-types.ts';

// What the page knows of the emulator as plain values, and what an event changes in them: no DOM here.

export type Schemas = components['schemas'];
type Mutable<Value> = { -readonly [Name in keyof Value]: Value[Name] };
export type Instance = Mutable<Schemas['Instance']>;
export type EmulatorFunction = Omit<Mutable<Schemas['Function']>, 'instances'> & { instances: Instance[] };
export type State = Omit<Mutable<Schemas['State']>, 'functions'> & { functions: EmulatorFunction[] };
export type Logged = Schemas['LoggedRequest'];
/** Fields beyond the common ones depend on the event's name; none is trusted to be there. */
export type EmulatorEvent = Schemas['Event'] & { readonly [field: string]: unknown };

/** What is hot or warm matters as long as it waits to be started. */
export const readinessOf = ({ state, starts = 'cold' }: Pick<Instance, 'state' | 'starts'>): string =>
  state === 'available' && starts !== 'cold' ? starts : '';

/** The state an instance is in after the event of this name. */
export const stateAfter: ReadonlyMap<string, Instance['state']> = new Map([
  ['instance.available', 'available'],
  ['instance.claimed', 'claimed'],
  ['instance.starting', 'starting'],
  ['instance.running', 'running'],
  ['instance.stopping', 'stopping'],
  ['instance.ended', 'preparing'],
  ['container.instance.error', 'failed'],
  ['container.instances.autoscale.up', 'preparing'],
]);

const limitOf = (state: Instance['state'], { limits }: EmulatorFunction): number | null => {
  if (state === 'claimed') return limits?.lease_ms ?? null;
  return state === 'running' ? (limits?.max_runtime_ms ?? null) : null;
};

/**
 * Changes the state as far as an event alone says how. The rest, as addresses, hot ones and the line, comes with the state
 * that is loaded soon after.
 */
export const applyEvent = (state: State, event: EmulatorEvent): void => {
  const found = state.functions.find(({ container_id }) => container_id === event.container_id);
  if (found === undefined) return;
  if (typeof event['waiting'] === 'number') found.waiting = event['waiting'];
  const instance = found.instances.find(({ id }) => id === event.instance_id);
  const after = stateAfter.get(event.name);
  if (instance === undefined || after === undefined) return;
  const limitMs = limitOf(after, found);
  instance.state = after;
  instance.since = event.at;
  instance.deadline = limitMs === null ? null : new Date(Date.parse(event.at) + limitMs).toISOString();
  if (after === 'running' && typeof event['published_ports'] === 'object')
    instance.published_ports = event['published_ports'] as Instance['published_ports'];
};
