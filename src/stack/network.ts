import type { FunctionSpec } from './model.ts';
import { type Cursor, reject } from './reading/cursor.ts';
import { readObject, warnUnsupported } from './reading/read-object.ts';
import { listOf, oneOf, type Parsed, text } from './reading/readers.ts';
import { parseHostname, toHostname } from './values/identifier.ts';

type Network = FunctionSpec['network'];
type Port = Network['ports'][number];

/** Reads `config.network` of a function. PARITY: no `public` is `disable`; the platform requires the field. */
export const readNetwork = (at: Cursor, identifier: string): Network | null =>
  readObject(at, { unsupported: { l2: 'object' } }, (field) => ({
    public: readPublic(field('public')) ?? 'disable',
    hostname: text(parseHostname)(field('hostname')) ?? toHostname(identifier),
    ports: readPorts(field('ports')),
  }));

/** PARITY: the schema has `environment-limited` without a word of what it means; nothing comes in from outside, at least. */
const readPublic = (at: Cursor): Network['public'] | null => {
  const given = oneOf(['enable', 'disable', 'egress-only', 'environment-limited'])(at);
  if (given !== 'environment-limited') return given;
  warnUnsupported(at, 'environment-limited is not supported by the emulator, read as disable');
  return 'disable';
};

const readPorts = (at: Cursor): readonly Port[] => {
  const taken = new Set<number>();
  return listOf((item) => {
    const port = text(parsePort)(item);
    if (port === null) return null;
    if (taken.has(port.external)) return reject(item, 'an external port that no other line has');
    taken.add(port.external);
    return port;
  })(at);
};

const mapping = /^(\d{1,5})(?::(\d{1,5}))?$/;

/** `80:5000` is external port 80 to port 5000 inside; `3000` is the same port on both sides (documented forms). */
const parsePort = (given: string): Parsed<Port> => {
  const [, left = '', right = left] = mapping.exec(given) ?? [];
  const port = { external: Number(left), internal: Number(right) };
  return isPort(port.external) && isPort(port.internal)
    ? { ok: true, value: port }
    : { ok: false, expected: 'ports from 1 to 65535, such as "80:5000" or "3000"' };
};

const isPort = (number: number): boolean => number >= 1 && number <= 65_535;
