import { InvalidArgumentError } from 'commander';
import { Remote } from './emulator-client.ts';
import type { RemoteFlags } from './options.ts';
import { print, printJson, renderTable } from './output.ts';

type ArmedFault = {
  readonly id: string;
  readonly match: object;
  readonly effect: { readonly type: string };
  readonly fired: number;
};

/** `faults`: lists the faults of a running emulator. */
export const listFaults = async ({ json, ...connection }: RemoteFlags): Promise<void> =>
  show(json, await new Remote(connection).control('list faults', 'faults'));

export const addFault = async (fault: object, { json, ...connection }: RemoteFlags): Promise<void> => {
  const added = await new Remote(connection).control('add a fault', 'faults', { method: 'POST', body: fault });
  show(json, [added]);
};

export const removeFault = async (id: string, { json, ...connection }: RemoteFlags): Promise<void> => {
  const path = `faults/${encodeURIComponent(id)}`;
  show(json, await new Remote(connection).control(`remove fault ${id}`, path, { method: 'DELETE' }));
};

export const clearFaults = async ({ json, ...connection }: RemoteFlags): Promise<void> =>
  show(json, await new Remote(connection).control('clear faults', 'faults', { method: 'DELETE' }));

const show = (json: boolean, answered: unknown): void => {
  const faults = answered as readonly ArmedFault[];
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

/** A fault as control API and fixtures have it. */
export const parseFaultArgument = (text: string): object => {
  try {
    const fault: unknown = JSON.parse(text);
    if (typeof fault === 'object' && fault !== null) return fault;
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError('Write a JSON object such as {"effect":{"type":"delay","ms":500}}.');
};
