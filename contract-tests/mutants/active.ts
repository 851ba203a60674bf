import { setTimeout as sleep } from 'node:timers/promises';
import type { Data, Instance } from '../reference/rules.ts';
import { changeData, fails, type Mutant, warns } from './mutant.ts';

const otherId = '0123456789abcdef01234567';

/** Changes the list, which is a map of instances by their IDs. */
const listing = (name: string, description: string, change: (list: Data) => unknown): Mutant =>
  fails(name, description, changeData('active', change));

/** Changes fields of each listed instance. */
const describing = (name: string, description: string, changed: Data): Mutant =>
  fails(name, description, ({ listed }) => ({ listed: (instance) => ({ ...listed(instance), ...changed }) }));

/** What the list of active instances holds. */
export const activeMutants: readonly Mutant[] = [
  fails('active-lists-claimed', 'Instances that are claimed and not spawned are listed.', ({ isActive }) => ({
    isActive: (instance) => instance.lease !== null || isActive(instance),
  })),
  fails('active-lists-all', 'All instances are listed.', { isActive: () => true }),
  fails('active-lists-stopped', 'An instance stays listed after its release until it is claimed.', ({ isActive }) => ({
    isActive: (instance) => (instance.token === null && instance.spawnedAt !== null) || isActive(instance),
  })),
  fails('active-fails-while-busy', 'While anything runs the list is an internal error.', ({ answer, refuse }) => ({
    answer: (outcome, call) => {
      const isBusy = call.operation === 'active' && call.fn?.instances.some(({ run }) => run !== null);
      return answer(isBusy && 'data' in outcome ? { rejection: refuse.failed } : outcome, call);
    },
  })),
  fails('active-fails-during-starts', 'During a start the list is an internal error.', ({ start, answer, refuse }) => {
    let starting = 0;
    return {
      start: async (instance, environment) => {
        starting += 1;
        await sleep(15);
        await start(instance, environment);
        starting -= 1;
      },
      answer: (outcome, call) =>
        answer(starting > 0 && call.operation === 'active' ? { rejection: refuse.failed } : outcome, call),
    };
  }),
  fails('active-empty-every-fifth-time', 'Every fifth list comes from a replica that knows nothing.', ({ active }) => {
    let count = 0;
    return {
      active: (fn) => {
        count += 1;
        return count % 5 === 0 ? {} : active(fn);
      },
    };
  }),
  fails('active-misses-the-line', 'Runs whose claims waited in line are not listed.', ({ take, wait, isActive }) => {
    const waited = new Set<Instance>();
    return {
      take: (instance, token) => {
        waited.delete(instance);
        take(instance, token);
      },
      wait: async (call) => {
        const instance = await wait(call);
        if (instance) waited.add(instance);
        return instance;
      },
      isActive: (instance) => isActive(instance) && !waited.has(instance),
    };
  }),
  fails('active-lists-other-functions', 'The instances of all functions are listed.', ({ active }, { functions }) => ({
    active: () => Object.assign({}, ...functions.map(active)),
  })),
  warns('active-lists-what-stops', 'An instance is listed as stopping during its release.', ({ stop }) => ({
    stop: async (instance) => {
      await sleep(250);
      await stop(instance);
    },
    stateOf: ({ stopping }) => (stopping ? 'stopping' : 'running'),
  })),
  listing('active-lists-nothing', 'The list is always empty.', () => ({})),
  listing('active-lists-one', 'Of several instances at work one is listed.', (list) =>
    Object.fromEntries(Object.entries(list).slice(0, 1)),
  ),
  listing('active-lists-three', 'Of more than three instances at work three are listed.', (list) =>
    Object.fromEntries(Object.entries(list).slice(0, 3)),
  ),
  listing('active-as-list', 'The map is a list.', (list) => Object.values(list)),
  listing('active-null-when-empty', 'With nothing at work the map is null.', (list) =>
    Object.keys(list).length === 0 ? null : list,
  ),
  fails('active-keyed-by-hostname', 'The map’s keys are host names.', ({ active }) => ({
    active: (fn) => Object.fromEntries(Object.values(active(fn)).map((entry) => [entry['hostname'], entry])),
  })),
  listing('active-keyed-by-number', 'The map’s keys are numbers.', (list) => ({ ...Object.values(list) })),
  listing('active-lists-ids-alone', 'The map holds IDs for instances.', (list) =>
    Object.fromEntries(Object.keys(list).map((id) => [id, id])),
  ),
  describing('active-without-hostname', 'Instances lack their host name.', { hostname: undefined }),
  describing('active-without-state', 'Instances lack their state.', { state: undefined }),
  fails('active-bad-state', 'Instances are in a state the description does not know.', { stateOf: () => 'busy' }),
  fails('active-state-stopped', 'Instances at work are said to be stopped.', { stateOf: () => 'stopped' }),
  describing('active-bad-ready-state', 'Instances have a ready state the description does not know.', {
    ready_state: 'ready',
  }),
  describing('active-bad-time', 'A time of an instance is no date-time.', {
    state: { current: 'running', changed: 'just now' },
  }),
  describing('active-another-id-within', 'The key and the ID within an instance differ.', { id: otherId }),
  describing('active-another-container', 'Instances name another container than that asked about.', {
    container_id: otherId,
  }),
  describing('active-another-server', 'Instances name another server than spawn did.', { server_id: otherId }),
  warns('active-updated-before-it-was-created', 'A listed instance was updated before its creation.', ({ listed }) => ({
    listed: (instance) => {
      const described = listed(instance);
      return { ...described, events: { ...described.events, updated: '2020-01-01T00:00:00Z' } };
    },
  })),
  warns('active-changed-in-the-future', 'A listed instance changes its state tomorrow.', ({ listed }, { clock }) => ({
    listed: (instance) => {
      const changed = new Date(clock.now() + 86_400_000).toISOString();
      return { ...listed(instance), state: { current: 'running', changed } };
    },
  })),
];
