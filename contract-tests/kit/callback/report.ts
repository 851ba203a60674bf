import { fieldOf, isRecord, parseJson, textOf } from '../../model/json.ts';

/** What a function that is the probe says of itself. See fixtures/probe. */
export type Report = {
  /** `started`, `stopping` or `ending`. */
  readonly event: string;
  /** The run's PROBE_ID. */
  readonly id: string;
  /** All variables the function finds; empty for events that do not tell. */
  readonly variables: Readonly<Record<string, string>>;
  readonly hostname: string | null;
  readonly addresses: readonly string[];
  readonly signal: string | null;
};

/** A report as it came over HTTP; null where it is none. */
export const parseReport = (text: string): Report | null => {
  const body = parseJson(text);
  const event = textOf(fieldOf(body, 'event'));
  const id = textOf(fieldOf(body, 'id'));
  if (event === null || id === null) return null;
  const addresses = fieldOf(body, 'addresses');
  return {
    event,
    id,
    variables: readVariables(body),
    hostname: textOf(fieldOf(body, 'hostname')),
    addresses: Array.isArray(addresses) ? addresses.filter((address) => typeof address === 'string') : [],
    signal: textOf(fieldOf(body, 'signal')),
  };
};

/** Either `env`, an object, or `env_base64`, what `env -0` writes: a shell cannot escape JSON safely. */
const readVariables = (body: unknown): Readonly<Record<string, string>> => {
  const env = fieldOf(body, 'env');
  if (isRecord(env)) {
    return Object.fromEntries(
      Object.entries(env).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
    );
  }
  const lines = Buffer.from(textOf(fieldOf(body, 'env_base64')) ?? '', 'base64')
    .toString('utf8')
    .split('\0');
  return Object.fromEntries(
    lines
      .filter((line) => line.includes('='))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
};
