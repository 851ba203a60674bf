import {
  Remote,
  type RemoteEvent,
  type RemoteFault,
  type RemoteFunction,
  type RemoteInstance,
  type RemoteState,
} from './emulator-client.ts';
import type { RemoteFlags } from './options.ts';
import { print, printError, printJson, renderTable, writeOut } from './output.ts';

/** `ps`: the functions of a running emulator with their instances and claims. */
export const ps = async ({ json, ...connection }: RemoteFlags): Promise<void> => {
  const state = await new Remote(connection).state();
  if (json) printJson(state);
  else print(renderState(state));
};

const renderState = ({ functions, clock }: RemoteState): string =>
  renderTable(
    ['FUNCTION', 'INSTANCE', 'STATE', 'FOR', 'LEASE LEFT', 'HOSTNAME', 'ADDRESS', 'PORTS'],
    functions.flatMap((spec) => [
      ...spec.instances.map((instance) => toRow(spec, instance, Date.parse(clock.now))),
      ...(spec.waiting === 0 ? [] : [[spec.name, `${spec.waiting} waiting in line`, '', '', '', '', '', '']]),
    ]),
  );

const toRow = ({ name }: RemoteFunction, instance: RemoteInstance, now: number): readonly string[] => [
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
];

const toSeconds = (ms: number): string => `${(Math.max(0, ms) / 1000).toFixed(1)} s`;

export type EventsFlags = RemoteFlags & { readonly follow: boolean };

/** `events`: what has happened, as far as the emulator remembers; with `--follow`, what happens from then on as well. */
export const events = async ({ json, follow, ...connection }: EventsFlags): Promise<void> => {
  for await (const event of await new Remote(connection).events({ follow, after: 0 })) {
    if (json) printJson(event);
    else print(renderEvent(event));
    // The reader has gone, as behind `| head`.
    if (!process.stdout.writable) return;
  }
};

/** Lines and no table: how wide its columns must be is not known before the last event. */
const renderEvent = (event: RemoteEvent): string => {
  const { at, name, container_id: container, instance_id: instance, cursor: _cursor, ...details } = event;
  const rest = Object.entries(details).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return [at, name, instance ?? container ?? '', ...rest].filter((part) => part !== '').join('  ');
};

export type LogsFlags = RemoteFlags & { readonly follow: boolean; readonly raw: boolean };

/** `logs <instance>`: prints the output of the latest run on an instance. */
export const logs = async (instanceId: string, { json, follow, raw, ...connection }: LogsFlags): Promise<void> => {
  const { output, missingBytes } = await new Remote(connection).logs(instanceId, { follow, raw });
  if (raw && missingBytes !== null) printError(`${missingBytes} bytes are missing before the first of these.`);
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for await (const bytes of output) {
    if (json) printJson({ text: decoder.decode(bytes, { stream: true }) });
    // A reader that has read enough, as `| head` does, has what was asked for.
    else if (!(await writeOut(process.stdout, bytes))) return;
  }
};

/** `faults`: lists the faults of a running emulator. */
export const listFaults = async ({ json, ...connection }: RemoteFlags): Promise<void> =>
  showFaults(json, await new Remote(connection).faults('list faults'));

export const addFault = async (fault: object, { json, ...connection }: RemoteFlags): Promise<void> =>
  showFaults(json, await new Remote(connection).faults('add a fault', '', { method: 'POST', body: fault }));

export const removeFault = async (id: string, { json, ...connection }: RemoteFlags): Promise<void> => {
  const path = `/${encodeURIComponent(id)}`;
  showFaults(json, await new Remote(connection).faults(`remove fault ${id}`, path, { method: 'DELETE' }));
};

export const clearFaults = async ({ json, ...connection }: RemoteFlags): Promise<void> =>
  showFaults(json, await new Remote(connection).faults('clear faults', '', { method: 'DELETE' }));

const showFaults = (json: boolean, faults: readonly RemoteFault[]): void => {
  if (json) return printJson({ faults });
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
