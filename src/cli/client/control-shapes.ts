import type { components } from '../../openapi/control-types.ts';
import { EmulatorError, errorCodes } from '../../shared/errors.ts';
import { isRecord } from '../../shared/values.ts';

export type Schemas = components['schemas'];

/** What else there is depends on the name. */
export type RemoteEvent = Schemas['Event'] & { readonly exit?: Exit; readonly id?: unknown; readonly effect?: unknown };
type Exit = Schemas['Exit'];
/** What health says of a process, and of a function. */
export type Live = { readonly session: string; readonly pid: number; readonly started_at: string };
export type Counts = { readonly identifier: string; readonly container_id: string; readonly [count: string]: unknown };

/** By name the types of a value and of what is in it, as far as commands read it: a newer emulator may answer more. */
type Shape<Value> = Value extends readonly (infer Item)[]
  ? readonly [Shape<Item>]
  : Value extends object
    ? { readonly [Name in keyof Value]?: Shape<Value[Name]> }
    : string;

/** Whether a value is of a type. */
export type Fits<Value> = (value: unknown) => value is Value;

const has = (value: unknown, shape: unknown): boolean => {
  if (typeof shape === 'string') return shape.split('|').includes(value === null ? 'null' : typeof value);
  if (Array.isArray(shape)) return Array.isArray(value) && value.every((item) => has(item, shape[0]));
  return isRecord(value) && isRecord(shape) && Object.entries(shape).every(([name, inner]) => has(value[name], inner));
};

const shaped =
  <Value>(shape: Shape<Value>): Fits<Value> =>
  (value): value is Value =>
    has(value, shape);

const instance: Shape<Schemas['Instance']> = {
  ...{ id: 'string', state: 'string', since: 'string', lease_ms: 'number|null', hostname: 'string', ipv4: 'string' },
  published_ports: {},
};
const ofFunction: Shape<Schemas['Function']> = {
  ...{ name: 'string', container_id: 'string', waiting: 'number', instances: [instance] },
};
const request: Shape<Schemas['LoggedRequest']> = {
  ...{ id: 'number', at: 'string', method: 'string', path: 'string', status: 'number|null', duration_ms: 'number' },
  ...{ container: 'string|null', instance: 'string|null', code: 'string|null' },
};
const isEnd = shaped<Exit>({ code: 'number|null', out_of_memory: 'boolean' });
const isAnyEvent = shaped<RemoteEvent>({ name: 'string', at: 'string', container_id: 'string|null' });
const isFault = shaped<Schemas['ArmedFault']>({ id: 'string', match: {}, effect: { type: 'string' }, fired: 'number' });
const isAnyGateway = shaped<Schemas['Gateway']>({
  url: 'string',
  domains: [{ domain: 'string', match_path: 'string|null', function: 'string' }],
});

export const isState = shaped<Schemas['State']>({ clock: { now: 'string' }, functions: [ofFunction] });
export const isFunction = shaped<Schemas['Function']>(ofFunction);
export const isGateway = (value: unknown): value is Schemas['Gateway'] | null => value === null || isAnyGateway(value);
export const isEvent = (value: unknown): value is RemoteEvent =>
  isAnyEvent(value) && (value.exit === undefined || isEnd(value.exit));
/** All that are set, or the one that was added. */
export const isFaults = (value: unknown): value is Schemas['ArmedFault'] | readonly Schemas['ArmedFault'][] =>
  [value].flat().every(isFault);
export const isClock = shaped<Schemas['Clock']>({ now: 'string', frozen: 'boolean' });
export const isRequest = shaped<Schemas['LoggedRequest']>(request);
export const isRequests = shaped<readonly Schemas['LoggedRequest'][]>([request]);
export const isDetails = shaped<Schemas['InstanceDetails']>({ function: 'string', container_id: 'string', instance });
export const isSession = shaped<Pick<Live, 'session'>>({ session: 'string' });
export const isLive = shaped<Live>({ session: 'string', pid: 'number', started_at: 'string' });
export const isReady = shaped<{ readonly functions: readonly Counts[] }>({
  functions: [{ identifier: 'string', container_id: 'string' }],
});

/** The value, where it is what docs/control-api.yaml says. */
export const expectFits = <Value>(attempt: string, value: unknown, fits: Fits<Value>): Value => {
  if (fits(value)) return value;
  const reason =
    'the answer is not one of the control API. Check --url, and that the emulator has the version of this CLI';
  throw new EmulatorError(errorCodes.refused, `Failed to ${attempt}: ${reason}.`);
};
