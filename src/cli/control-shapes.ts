import type { components } from '../openapi/control-types.ts';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
import { isRecord } from '../shared/values.ts';

type Schemas = components['schemas'];

export type RemoteInstance = Schemas['Instance'];
export type RemoteFunction = Schemas['Function'];
export type RemoteState = Schemas['State'];
export type RemoteGateway = Schemas['Gateway'];
export type RemoteFault = Schemas['ArmedFault'];
export type RemoteClock = Schemas['Clock'];
export type RemoteRequest = Schemas['LoggedRequest'];
export type RemoteDetails = Schemas['InstanceDetails'];
/** What else there is depends on the name. */
export type RemoteEvent = Schemas['Event'] & { readonly exit?: Exit; readonly id?: unknown; readonly effect?: unknown };
type Exit = Schemas['Exit'];

/** By name the types of a value and of what is in it, as far as commands read it: a newer emulator may answer more. */
type Shape<Value> = Value extends readonly (infer Item)[]
  ? readonly [Shape<Item>]
  : Value extends object
    ? { readonly [Name in keyof Value]?: Shape<Value[Name]> }
    : string;

const instanceShape: Shape<RemoteInstance> = {
  ...{ id: 'string', state: 'string', since: 'string', lease_ms: 'number|null', hostname: 'string', ipv4: 'string' },
  published_ports: {},
};
const functionShape: Shape<RemoteFunction> = {
  ...{ name: 'string', container_id: 'string', waiting: 'number', instances: [instanceShape] },
};
const stateShape: Shape<RemoteState> = {
  clock: { now: 'string' },
  functions: [functionShape],
};
const gatewayShape: Shape<RemoteGateway> = {
  url: 'string',
  domains: [{ domain: 'string', match_path: 'string|null', function: 'string' }],
};
const eventShape: Shape<RemoteEvent> = { name: 'string', at: 'string', container_id: 'string|null' };
const exitShape: Shape<Exit> = { code: 'number|null', out_of_memory: 'boolean' };
const faultsShape: Shape<readonly RemoteFault[]> = [
  { id: 'string', match: {}, effect: { type: 'string' }, fired: 'number' },
];

const has = (value: unknown, shape: unknown): boolean => {
  if (typeof shape === 'string') return shape.split('|').includes(value === null ? 'null' : typeof value);
  if (Array.isArray(shape)) return Array.isArray(value) && value.every((item) => has(item, shape[0]));
  return isRecord(value) && isRecord(shape) && Object.entries(shape).every(([name, inner]) => has(value[name], inner));
};

const clockShape: Shape<RemoteClock> = { now: 'string', frozen: 'boolean' };
const requestShape: Shape<RemoteRequest> = {
  ...{ id: 'number', at: 'string', method: 'string', path: 'string', status: 'number|null', duration_ms: 'number' },
  ...{ container: 'string|null', instance: 'string|null', code: 'string|null' },
};
const detailsShape: Shape<RemoteDetails> = { function: 'string', container_id: 'string', instance: instanceShape };

export const isState = (value: unknown): value is RemoteState => has(value, stateShape);
export const isFunction = (value: unknown): value is RemoteFunction => has(value, functionShape);
export const isGateway = (value: unknown): value is RemoteGateway | null => value === null || has(value, gatewayShape);
export const isEvent = (value: unknown): value is RemoteEvent =>
  has(value, eventShape) && isRecord(value) && (value['exit'] === undefined || has(value['exit'], exitShape));
export const isFaults = (value: unknown): value is readonly RemoteFault[] => has(value, faultsShape);
export const isClock = (value: unknown): value is RemoteClock => has(value, clockShape);
export const isRequest = (value: unknown): value is RemoteRequest => has(value, requestShape);
export const isRequests = (value: unknown): value is readonly RemoteRequest[] => has(value, [requestShape]);
export const isDetails = (value: unknown): value is RemoteDetails => has(value, detailsShape);

/** The value, where it is what docs/control-api.yaml says. */
export const expectFits = <Value>(attempt: string, value: unknown, fits: (value: unknown) => value is Value): Value => {
  if (fits(value)) return value;
  const reason =
    'the answer is not one of the control API. Check --url, and that the emulator has the version of this CLI';
  throw new EmulatorError(errorCodes.refused, `Failed to ${attempt}: ${reason}.`);
};

type Session = { readonly session: string };
/** What health says of a process, and of a function. */
export type Live = Session & { readonly pid: number; readonly started_at: string };
export type Counts = { readonly identifier: string; readonly container_id: string; readonly [count: string]: unknown };

export const isSession = (value: unknown): value is Session => has(value, { session: 'string' });
export const isLive = (value: unknown): value is Live =>
  has(value, { session: 'string', pid: 'number', started_at: 'string' });
export const isReady = (value: unknown): value is { readonly functions: readonly Counts[] } =>
  has(value, { functions: [{ identifier: 'string', container_id: 'string' }] });
