import { quote } from '../../shared/render-value.ts';
import {
  type Fits,
  isClock,
  isDetails,
  isFaults,
  isFunction,
  isState,
  type Schemas,
} from '../client/control-shapes.ts';
import { Remote } from '../client/emulator-client.ts';
import type { Question } from '../client/exchange.ts';
import { findFunction, findInstance } from '../client/find-target.ts';
import type { RemoteFlags } from '../options.ts';
import { print, printJson, renderTable } from '../output.ts';

/** A command that is one operation of the control API. */
type Operation<Value> = Question & {
  readonly attempt: string;
  readonly path: string;
  readonly fits: Fits<Value>;
  readonly render: (value: Value) => string;
};

const perform = async <Value extends object>(operation: Operation<Value>, flags: RemoteFlags): Promise<void> => {
  const { attempt, path, fits, render, ...question } = operation;
  const value = await new Remote(flags).ask(attempt, path, fits, question);
  if (flags.json) printJson(value);
  else print(render(value));
};

/** Of operations that answer when all is done, such as pools that are filled. */
const work = { method: 'POST', isWork: true } as const;

/** `ps`: the functions of a running emulator with their instances and claims. */
export const ps = (flags: RemoteFlags): Promise<void> =>
  perform({ attempt: "read the emulator's state", path: 'state', fits: isState, render: renderState }, flags);

/** `reset`: takes a running emulator back to how it began. */
export const reset = (flags: RemoteFlags): Promise<void> => {
  const operation = { attempt: 'reset the emulator', path: 'reset', ...work, fits: isState } as const;
  return perform({ ...operation, render: () => 'All is as it began.' }, flags);
};

/** `clock`: reads it. */
export const clock = (flags: RemoteFlags): Promise<void> =>
  perform({ attempt: 'read the clock', path: 'clock', fits: isClock, render: renderClock }, flags);

const move = (attempt: string, path: string, flags: RemoteFlags, body?: object): Promise<void> =>
  perform(
    { attempt, path: `clock/${path}`, ...work, ...(body && { body }), fits: isClock, render: renderClock },
    flags,
  );

export const freeze = (flags: RemoteFlags): Promise<void> => move('freeze the clock', 'freeze', flags);
export const resume = (flags: RemoteFlags): Promise<void> => move('resume the clock', 'resume', flags);
export const next = (flags: RemoteFlags): Promise<void> =>
  move('move the clock to its next deadline', 'advance', flags, { to: 'next_deadline' });
export const advance = (ms: number, flags: RemoteFlags): Promise<void> =>
  move('advance the clock', 'advance', flags, { ms });

const renderClock = ({ now, frozen, next_deadline: next }: Schemas['Clock']): string => {
  const ahead = next ? `${next} (in ${toSeconds(Date.parse(next) - Date.parse(now))})` : 'none';
  return renderTable(['NOW', 'CLOCK', 'NEXT DEADLINE'], [[now, frozen ? 'frozen' : 'runs', ahead]]);
};

/** `scale <function> <n>`: gives a function another number of instances. */
export const scale = async (wanted: string, instances: number, flags: RemoteFlags): Promise<void> => {
  const { name } = findFunction(await new Remote(flags).state(), wanted);
  const render = (scaled: Schemas['Function']): string => {
    const more = scaled.instances.length - instances;
    return `${name} has ${instances} ${instances === 1 ? 'instance' : 'instances'}${more > 0 ? `, and ${more} more until they are free` : ''}.`;
  };
  const operation = { path: `functions/${name}/scale`, ...work, body: { instances } } as const;
  await perform({ attempt: `scale ${name}`, ...operation, fits: isFunction, render }, flags);
};

/** `inspect <instance>`: all that is known of it and of its latest run. */
export const inspect = async (wanted: string, flags: RemoteFlags): Promise<void> => {
  const { instance } = findInstance(await new Remote(flags).state(), wanted);
  const attempt = `look at instance ${instance.id}`;
  await perform({ attempt, path: `instances/${instance.id}`, fits: isDetails, render: renderDetails }, flags);
};

const renderDetails = ({ instance, run, ...about }: Schemas['InstanceDetails']): string => {
  const fields = Object.entries({ ...instance, ...about, ...(run && { run }) });
  return renderTable(['FIELD', 'VALUE'], fields.flatMap(toRows));
};

const toRows = ([name, value]: readonly [string, unknown]): (readonly string[])[] => {
  if (value === null || value === undefined) return [];
  if (typeof value !== 'object' || Array.isArray(value)) return [[name, [value].flat().join(', ')]];
  return Object.entries(value).flatMap(([inner, one]) => toRows([`${name}.${inner}`, one]));
};

const renderState = ({ functions, clock: { now } }: Schemas['State']): string =>
  renderTable(
    ['FUNCTION', 'INSTANCE', 'STATE', 'FOR', 'LEASE LEFT', 'HOSTNAME', 'ADDRESS', 'PORTS', 'STARTS', 'LAST EXIT'],
    functions.flatMap((spec) => [
      ...spec.instances.map((instance) => toRow(spec, instance, Date.parse(now))),
      ...(spec.waiting === 0 ? [] : [[spec.name, `${spec.waiting} waiting in line`]]),
    ]),
  );

const toRow = ({ name }: Schemas['Function'], instance: Schemas['Instance'], now: number): readonly string[] => [
  name,
  instance.id,
  instance.origin === undefined ? instance.state : `${instance.state} (${instance.origin})`,
  toSeconds(now - Date.parse(instance.since)),
  instance.lease_ms === null ? '' : toSeconds(instance.lease_ms),
  instance.hostname,
  instance.ipv4,
  Object.entries(instance.published_ports)
    .map(([port, published]) => `${published}->${port}/tcp`)
    .join(', '),
  instance.starts ?? '',
  renderExit(instance.latest_exit),
];

const renderExit = (exit: Schemas['Instance']['latest_exit']): string =>
  exit ? `${exit.code ?? 'unknown'}${exit.out_of_memory ? ' (out of memory)' : ''}` : '';

const toSeconds = (ms: number): string => `${(Math.max(0, ms) / 1000).toFixed(1)} s`;

/** `faults`: lists the faults of a running emulator. */
export const faults = (flags: RemoteFlags): Promise<void> => showFaults('list faults', '', flags);

export const addFault = (fault: object, flags: RemoteFlags): Promise<void> =>
  showFaults('add a fault', '', flags, { method: 'POST', body: fault });

export const removeFault = (id: string, flags: RemoteFlags): Promise<void> =>
  showFaults(`remove fault ${quote(id)}`, `/${encodeURIComponent(id)}`, flags, { method: 'DELETE' });

export const clearFaults = (flags: RemoteFlags): Promise<void> =>
  showFaults('clear faults', '', flags, { method: 'DELETE' });

/** Prints the faults that are set afterwards, or the one that was added. */
const showFaults = async (attempt: string, path: string, flags: RemoteFlags, question?: Question): Promise<void> => {
  const faults = [await new Remote(flags).ask(attempt, `faults${path}`, isFaults, question)].flat();
  if (flags.json) return printJson({ faults });
  if (faults.length === 0) return print('No fault is set.');
  const rows = faults.map(({ id, effect: { type, ...details }, match, fired }) => [
    id,
    [type, ...toWords(details)].join(' '),
    toWords(match).join(' ') || 'everything',
    String(fired),
  ]);
  print(renderTable(['FAULT', 'EFFECT', 'FOR', 'FIRED'], rows));
};

const toWords = (fields: object): readonly string[] =>
  Object.entries(fields).map(([name, value]) => `${name}=${value}`);
