import type { Instance, Rules } from '../reference/rules.ts';
import type { Mutant } from './mutant.ts';

type ActiveMap = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const listing = (name: string, description: string, change: (listed: ActiveMap, rules: Rules) => unknown): Mutant => ({
  name,
  description,
  expect: 'fail',
  apply: (rules) => {
    const { active } = rules;
    rules.active = (fn) => change(active(fn) as ActiveMap, rules);
  },
});

const describing = (name: string, description: string, change: (entry: Record<string, unknown>) => void): Mutant => ({
  name,
  description,
  expect: 'fail',
  apply: (rules) => {
    const { listed } = rules;
    rules.listed = (instance) => {
      const described = listed(instance);
      change(described);
      return described;
    };
  },
});

/** What the list of active instances holds. */
export const activeMutants: readonly Mutant[] = [
  {
    name: 'active-lists-claimed',
    description: 'Instances that are claimed and not spawned are listed.',
    expect: 'fail',
    apply: (rules) => {
      const { isActive } = rules;
      rules.isActive = (instance) => instance.lease !== null || isActive(instance);
    },
  },
  {
    name: 'active-lists-all',
    description: 'All instances are listed.',
    expect: 'fail',
    apply: (rules) => {
      rules.isActive = () => true;
    },
  },
  {
    name: 'active-lists-stopped',
    description: 'An instance stays listed after its release until it is claimed again.',
    expect: 'fail',
    apply: (rules) => {
      const { isActive } = rules;
      rules.isActive = (instance: Instance) =>
        (instance.token === null && instance.spawnedAt !== null) || isActive(instance);
    },
  },
  {
    name: 'active-fails-while-busy',
    description: 'While anything runs the list is an internal error.',
    expect: 'fail',
    apply: (rules) => {
      const { answer } = rules;
      rules.answer = (outcome, call) => {
        const isBusy = call.operation === 'active' && call.fn?.instances.some(({ run }) => run !== null);
        return answer(isBusy && 'data' in outcome ? { rejection: rules.refuse.failed } : outcome, call);
      };
    },
  },
  {
    name: 'active-lists-other-functions',
    description: 'The instances of all functions are listed.',
    expect: 'fail',
    apply: (rules, reference) => {
      const { active } = rules;
      rules.active = () => Object.assign({}, ...reference.functions.map((fn) => active(fn)));
    },
  },
  listing('active-lists-nothing', 'The list is always empty.', () => ({})),
  listing('active-lists-one', 'Of several instances at work one is listed.', (listed) =>
    Object.fromEntries(Object.entries(listed).slice(0, 1)),
  ),
  listing('active-as-list', 'The map is a list.', (listed) => Object.values(listed)),
  listing('active-null-when-empty', 'With nothing at work the map is null.', (listed) =>
    Object.keys(listed).length === 0 ? null : listed,
  ),
  listing('active-keyed-by-hostname', 'The map’s keys are host names.', (listed) =>
    Object.fromEntries(Object.values(listed).map((entry) => [entry['hostname'], entry])),
  ),
  listing('active-keyed-by-number', 'The map’s keys are numbers.', (listed) =>
    Object.fromEntries(Object.values(listed).map((entry, index) => [String(index), entry])),
  ),
  listing('active-lists-ids-alone', 'The map holds IDs for instances.', (listed) =>
    Object.fromEntries(Object.keys(listed).map((id) => [id, id])),
  ),
  describing('active-without-hostname', 'Instances lack their host name.', (entry) => {
    delete entry['hostname'];
  }),
  describing('active-without-state', 'Instances lack their state.', (entry) => {
    delete entry['state'];
  }),
  describing('active-bad-state', 'Instances are in a state the description does not know.', (entry) => {
    entry['state'] = { ...(entry['state'] as object), current: 'busy' };
  }),
  describing('active-state-stopped', 'Instances at work are said to be stopped.', (entry) => {
    entry['state'] = { ...(entry['state'] as object), current: 'stopped' };
  }),
  describing('active-bad-ready-state', 'Instances have a ready state the description does not know.', (entry) => {
    entry['ready_state'] = 'ready';
  }),
  describing('active-bad-time', 'A time of an instance is no date-time.', (entry) => {
    entry['state'] = { ...(entry['state'] as object), changed: 'just now' };
  }),
  describing('active-another-id-within', 'The key and the ID within an instance differ.', (entry) => {
    entry['id'] = '0123456789abcdef01234567';
  }),
  describing('active-another-container', 'Instances name another container than that asked about.', (entry) => {
    entry['container_id'] = '0123456789abcdef01234567';
  }),
  describing('active-another-server', 'Instances name another server than spawn did.', (entry) => {
    entry['server_id'] = '0123456789abcdef01234567';
  }),
];
