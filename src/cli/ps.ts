import { Remote, type RemoteFunction, type RemoteInstance, type RemoteState } from './emulator-client.ts';
import type { RemoteFlags } from './options.ts';
import { print, printJson, renderTable } from './output.ts';

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
  instance.state,
  toSeconds(now - Date.parse(instance.since)),
  instance.lease_ms === null ? '' : toSeconds(instance.lease_ms),
  instance.hostname,
  instance.ipv4,
  Object.entries(instance.published_ports)
    .map(([port, published]) => `${published}->${port}/tcp`)
    .join(', '),
];

const toSeconds = (ms: number): string => `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
