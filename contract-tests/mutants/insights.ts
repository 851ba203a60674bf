import type { Instance, Variables } from '../reference/rules.ts';
import { changeData, fails, type Mutant, warns } from './mutant.ts';

type Times = { readonly claimed: string; readonly spawned: string | null; readonly released: string };

const own = (given: Variables): Variables =>
  Object.fromEntries(Object.entries(given).filter(([name]) => name.startsWith('PROBE_') && name !== 'PROBE_STACK'));

/** Changes a spawn’s variables on their way, but for those that make the probe report. */
const losing = (name: string, description: string, change: (given: Variables) => Variables): Mutant =>
  fails(name, description, (rules) => {
    const { environment } = rules;
    rules.environment = (instance, given) => environment(instance, { ...change(given), ...own(given) });
  });

const values =
  (change: (value: string) => string) =>
  (given: Variables): Variables =>
    Object.fromEntries(Object.entries(given).map(([name, value]) => [name, change(value)]));

const names =
  (isKept: (name: string, all: readonly string[]) => boolean) =>
  (given: Variables): Variables =>
    Object.fromEntries(
      Object.entries(given).filter(([name], _at, all) =>
        isKept(
          name,
          all.map(([other]) => other),
        ),
      ),
    );

const shifted = (text: string, ms: number): string => new Date(Date.parse(text) + ms).toISOString();

const timing = (name: string, description: string, change: (times: Times) => object): Mutant =>
  warns(name, description, (rules) => changeData(rules, ['release'], (data: Times) => ({ ...data, ...change(data) })));

/** What the function finds, how it ends, where it is, and when. */
export const insightMutants: readonly Mutant[] = [
  losing(
    'variables-of-one-name-in-any-case',
    'Of variables whose names differ by case the last arrives.',
    names((name, all) => all.findLast((other) => other.toLowerCase() === name.toLowerCase()) === name),
  ),
  losing(
    'variables-numbers-normalised',
    'Values that read as numbers lose their zeros.',
    values((value) => (/^[\d.]+$/.test(value) ? String(Number(value)) : value)),
  ),
  losing(
    'variables-words-normalised',
    'The values yes, no, on and off arrive as true and false.',
    values((value) => value.replace(/^(yes|on)$/i, 'true').replace(/^(no|off)$/i, 'false')),
  ),
  losing(
    'variables-null-dropped',
    'A value null arrives as an empty one.',
    values((value) => (['null', '~'].includes(value) ? '' : value)),
  ),
  losing(
    'variables-control-characters-lost',
    'Control characters in values are lost.',
    values((value) => value.replace(/\p{Cc}/gu, (character) => ('\n\r\t'.includes(character) ? character : ''))),
  ),
  losing(
    'variables-composed',
    'Values arrive in Unicode’s composed form.',
    values((value) => value.normalize('NFC')),
  ),
  losing(
    'variables-percent-decoded',
    'Values are decoded as parts of URLs.',
    values((value) =>
      value.replace(/%([2-7][\da-f])/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    ),
  ),
  losing(
    'variables-backslashes-resolved',
    'A backslash and an n in a value arrive as a line break.',
    values((value) => value.replaceAll('\\n', '\n')),
  ),
  losing(
    'variables-comments-cut',
    'Values end before a blank and a number sign.',
    values((value) => value.replace(/ #.*/s, '')),
  ),
  losing(
    'variables-last-line-break-lost',
    'A line break at the end of a value is lost.',
    values((value) => value.replace(/\n$/, '')),
  ),
  losing(
    'variables-byte-order-mark-lost',
    'A byte order mark at the start of a value is lost.',
    values((value) => value.replace(/^\ufeff/, '')),
  ),
  losing(
    'variables-of-objects-lost',
    'The variables __proto__ and toString do not arrive.',
    names((name) => !(name in {})),
  ),
  losing('variables-hundred-at-most', 'Of more than a hundred variables a hundred arrive.', (given) =>
    Object.fromEntries(Object.entries(given).slice(0, 100)),
  ),
  losing('variables-empty-not-over-the-stacks', 'An empty value does not override the container’s own.', (given) =>
    given['PROBE_STACK'] === ''
      ? Object.fromEntries(Object.entries(given).filter(([name]) => name !== 'PROBE_STACK'))
      : given,
  ),
  fails('variables-hide-the-stacks', 'A spawn with variables of its own hides those of the configuration.', (rules) => {
    const { environment } = rules;
    rules.environment = (instance, given) => {
      const all = environment(instance, given);
      const isPlain = Object.keys(given).every((name) => name.startsWith('PROBE_'));
      if (isPlain) return all;
      return Object.fromEntries(
        Object.entries(all).filter(([name]) => Object.hasOwn(given, name) || name.startsWith('CYCLE_')),
      );
    };
  }),
  warns('deaf-function-lives-on', 'A function that does not heed its signal runs on after its release.', (rules) => {
    const { stop } = rules;
    rules.stop = async (instance) => {
      if (instance.run?.environment['PROBE_IGNORE_SIGTERM'] === '1') instance.run = null;
      else await stop(instance);
    };
  }),
  fails(
    'deaf-function-never-released',
    'The release of a function that does not heed its signal is never answered.',
    (rules) => {
      const { stop } = rules;
      rules.stop = async (instance) => {
        if (instance.run?.environment['PROBE_IGNORE_SIGTERM'] === '1') await new Promise(() => {});
        await stop(instance);
      };
    },
  ),
  warns('addresses-repeat-over-functions', 'Instances of two functions have the same addresses.', (rules) => {
    const { network } = rules;
    rules.network = (instance: Instance, operation) => ({
      ...(network(instance, operation) as object),
      mac_addr: `02:42:0a:09:00:0${instance.seed + 1}`,
      legacy: {
        host: instance.seed + 1,
        subnet: 0,
        ipv4: { ip: `10.9.0.${instance.seed + 1}`, cidr: `10.9.0.${instance.seed + 1}/16` },
      },
    });
  }),
  warns('addresses-repeat-after-two', 'The third instance has the address of the first.', (rules) => {
    const { network } = rules;
    rules.network = (instance: Instance, operation) => ({
      ...(network(instance, operation) as object),
      mac_addr: `02:42:0a:09:0${instance.fn.instances.length}:0${instance.seed % 2}`,
    });
  }),
  timing(
    'times-of-another-zone',
    'Times are those of a clock on the wall two hours east, said to be UTC.',
    (times) => ({
      claimed: shifted(times.claimed, 7_200_000),
      spawned: times.spawned && shifted(times.spawned, 7_200_000),
      released: shifted(times.released, 7_200_000),
    }),
  ),
  timing('times-of-the-spawn-wrong', 'Release answers its own time for that of the spawn.', (times) => ({
    spawned: times.spawned && times.released,
  })),
  timing('times-of-the-claim-repeated', 'Release answers the time of the claim for that of the spawn.', (times) => ({
    spawned: times.spawned && times.claimed,
  })),
  warns('active-updated-before-it-was-created', 'A listed instance was updated before it was created.', (rules) => {
    const { listed } = rules;
    rules.listed = (instance) => {
      const described = listed(instance);
      return { ...described, events: { ...(described['events'] as object), updated: '2020-01-01T00:00:00Z' } };
    };
  }),
  warns('active-changed-in-the-future', 'A listed instance changes its state tomorrow.', (rules, reference) => {
    const { listed } = rules;
    rules.listed = (instance) => {
      const described = listed(instance);
      const changed = new Date(reference.clock.now() + 86_400_000).toISOString();
      return { ...described, state: { ...(described['state'] as object), changed } };
    };
  }),
];
