import type { NextFunction } from 'express';
import type { ApiResponse, MatchedRequest, Operation } from '../http/answers.ts';
import type { Json, JsonObject } from '../openapi/load.ts';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
import { isObjectId } from '../shared/ids.ts';
import { isRecord } from '../shared/values.ts';
import {
  type KeptBody,
  keepBodies,
  type LinkedExchange,
  type LinkedRecorder,
  type Side,
  toBody,
} from './linked-exchanges.ts';

/** A request to the Scheduler API and what it was answered, as JSON bodies; null where there is no request body. */
export type Exchange = {
  /** The operation's ID in openapi.yaml. */
  readonly operation: string;
  readonly container_id: string;
  readonly request: Json;
  readonly status: number;
  readonly response: JsonObject;
};

/**
 * Exchanges in the order of their requests. What differs from run to run is normalised: tokens are `<token-1>`, …,
 * instances `<instance-1>`, …, points in time `<time>`.
 */
export type Recording = {
  readonly version: 1;
  /** False where there was more than is kept. */
  readonly complete: boolean;
  readonly exchanges: readonly Exchange[];
  /** Requests to functions over HTTP, apart: a replay answers none of them. */
  readonly linked: readonly LinkedExchange[];
};

/** Reads a recording from the text of a file: as the control API answers it, in its envelope or taken out of it. */
export const parseRecording = (text: string, source: string): Recording => {
  const found = unwrap(parseJson(text, source));
  if (!isRecord(found) || found['version'] !== 1 || !Array.isArray(found['exchanges'])) {
    throw toUnreadable(source, 'it is not a recording of version 1. Save what GET /_emulator/recording answers');
  }
  const exchanges = found['exchanges'].map((item: unknown, index) => {
    if (isExchange(item)) return item;
    throw toUnreadable(source, `exchanges[${index}] is not a request to the Scheduler API with its answer`);
  });
  const linked = found['linked'] ?? [];
  if (!Array.isArray(linked)) throw toUnreadable(source, 'linked is no list of requests to functions over HTTP');
  return { version: 1, complete: found['complete'] !== false, exchanges, linked };
};

const parseJson = (text: string, source: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw toUnreadable(source, 'it is not JSON. Save what GET /_emulator/recording answers', error);
  }
};

const unwrap = (value: unknown): unknown => (isRecord(value) && isRecord(value['data']) ? value['data'] : value);

const operations = ['claimInstance', 'spawnInstance', 'releaseInstance', 'getActiveInstances'] satisfies Operation[];

const isExchange = (value: unknown): value is Exchange =>
  isRecord(value) &&
  operations.some((operation) => operation === value['operation']) &&
  typeof value['container_id'] === 'string' &&
  value['request'] !== undefined &&
  isAnswer(value['status'], value['response']);

/** A success, or an error of any status that a scheduler may have answered. */
const isAnswer = (status: unknown, response: unknown): boolean => {
  if (!isRecord(response)) return false;
  const { data, error } = response;
  if (status === 200) return isRecord(data);
  const isFailure = Number.isInteger(status) && Number(status) >= 400 && Number(status) <= 599;
  return isFailure && isRecord(error) && typeof error['code'] === 'string' && typeof error['title'] === 'string';
};

const toUnreadable = (source: string, reason: string, cause?: unknown): EmulatorError =>
  new EmulatorError(errorCodes.badOption, `Failed to read the recording ${source}: ${reason}.`, { cause });

/** What the platform writes for "never", which is the same in every run. */
const zeroTime = '0001-01-01T00:00:00Z';

const isDateTime = (text: string): boolean =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text) && text !== zeroTime;

/**
 * Reads exchanges, and puts placeholders where tokens, instance IDs and points in time stand, the same one for the same
 * thing throughout.
 */
function* normalise(exchanges: Iterable<Unread>): Iterable<Exchange> {
  const tokens = createPlaceholders('token');
  const instances = createPlaceholders('instance');
  const places = { tokens, instances };
  for (const { asked, answered, ...exchange } of exchanges) {
    // As express.json reads it, which passes over a mark of the byte order.
    const request: Json = asked === undefined ? null : JSON.parse(new TextDecoder().decode(asked));
    const response = parseAnswer(answered);
    if (response === undefined) continue;
    noteInstances(request, instances);
    if (exchange.operation === 'getActiveInstances') noteKeys(response['data'], instances);
    noteInstances(response, instances);
    yield { ...exchange, request: replace(request, places), response: replace(response, places) as JsonObject };
  }
}

type Placeholders = { of(text: string): string; readonly known: ReadonlyMap<string, string> };

const createPlaceholders = (kind: string): Placeholders => {
  const known = new Map<string, string>();
  return {
    known,
    of: (text) => {
      const placeholder = known.get(text) ?? `<${kind}-${known.size + 1}>`;
      known.set(text, placeholder);
      return placeholder;
    },
  };
};

const noteInstances = (value: Json | undefined, instances: Placeholders): void => {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === 'instance_id' && typeof inner === 'string' && isObjectId(inner)) instances.of(inner);
    else noteInstances(inner, instances);
  }
};

/** Active instances are a map by ID. */
const noteKeys = (value: Json | undefined, instances: Placeholders): void => {
  if (typeof value === 'object' && value !== null) for (const key of Object.keys(value)) instances.of(key);
};

const replace = (value: Json, places: { tokens: Placeholders; instances: Placeholders }, key?: string): Json => {
  if (typeof value === 'string') {
    if (key === 'token') return places.tokens.of(value);
    if (isDateTime(value)) return '<time>';
    return replaceInstances(value, places.instances);
  }
  if (Array.isArray(value)) return value.map((inner: Json) => replace(inner, places));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      places.instances.known.get(name) ?? name,
      replace(inner, places, name),
    ]),
  );
};

/** Also inside sentences: the detail of an error names the instance. */
const replaceInstances = (text: string, { known }: Placeholders): string =>
  text.replace(/[0-9a-f]{24}/g, (id) => known.get(id) ?? id);

/** Bytes of bodies that are kept by default. */
export const defaultRecordingLimitBytes = 32 * 2 ** 20;

/** What an exchange takes beside its bodies, about. */
const exchangeBytes = 256;

export type Recorder = ReturnType<typeof createRecorder>;

/**
 * An exchange as it came and went: its bytes are what the limit counts, and they are read when a caller wants the
 * recording, which most often none does.
 */
type Unread = Omit<Exchange, 'request' | 'response'> & {
  readonly asked: Buffer | undefined;
  readonly answered: string;
};

type UnreadLinked = Omit<LinkedExchange, Side> & { readonly bodies: Readonly<Record<Side, KeptBody | null>> };

/** Filled when the answer is out; a request that gets none, or one that is no JSON, leaves no trace. */
type Place = { exchange?: Unread; linked?: UnreadLinked };

/** Keeps up to `limitBytes`. What comes after that is not recorded, and `onFull` is called. */
export const createRecorder = (limitBytes: number, onFull: () => void) => {
  let places: Place[] = [];
  let bytes = 0;
  let complete = true;

  const takes = (size: number): boolean => {
    if (bytes + size <= limitBytes) {
      bytes += size;
      return true;
    }
    if (complete) onFull();
    complete = false;
    return false;
  };
  /** Taken at once, so that exchanges are in the order of their requests, though answers may overtake one another. */
  const takePlace = (): Place | null => {
    // A recording with a gap in the middle could not be replayed.
    if (!complete || !takes(exchangeBytes)) return null;
    const place: Place = {};
    places.push(place);
    return place;
  };

  return {
    /** Notes a request to a function over HTTP; null where the recording has ended. */
    linked: (): LinkedRecorder | null => {
      const place = takePlace();
      if (place === null) return null;
      const home = places;
      // What was cleared takes nothing of the new recording.
      const takesStill = (size: number): boolean => home === places && takes(size);
      const { keep, bodies } = keepBodies(takesStill);
      return {
        keep,
        end: ({ containerId: container_id, method, host, path, status, ending }) => {
          const kept = bodies();
          if (!takesStill(host.length + path.length)) return;
          place.linked = { container_id, method, host: host.replace(/:\d*$/, ''), path, status, ending, bodies: kept };
        },
      };
    },
    /** Notes what passes by: put it before what serves requests, and after what refuses bad ones. */
    middleware: ({ openapi }: MatchedRequest, response: ApiResponse, next: NextFunction): void => {
      const operation = openapi?.schema.operationId;
      const place = operation === undefined ? null : takePlace();
      if (operation === undefined || place === null) return next();
      const send = response.send.bind(response);
      response.send = (answer) => {
        const container_id = openapi?.pathParams.containerId ?? '';
        const status = response.statusCode;
        const { asked } = response.locals;
        const answered = String(answer);
        if (takes((asked?.length ?? 0) + Buffer.byteLength(answered)))
          place.exchange = { operation, container_id, status, asked, answered };
        return send(answer);
      };
      next();
    },
    /** What has been answered so far. One exchange at a time is in memory as it is in the recording. */
    recording: () => {
      const kept = places.flatMap(({ exchange = [] }) => exchange);
      const linked = places.flatMap(({ linked = [] }) => linked);
      return { version: 1 as const, complete, exchanges: normalise(kept), linked: readLinked(linked) };
    },
    clear: (): void => {
      places = [];
      bytes = 0;
      complete = true;
    },
  };
};

function* readLinked(exchanges: readonly UnreadLinked[]): Iterable<LinkedExchange> {
  for (const { bodies, ...about } of exchanges) {
    yield { ...about, request: toBody(bodies.request), response: toBody(bodies.response) };
  }
}

/** Undefined where it is no JSON. */
const parseAnswer = (text: string): JsonObject | undefined => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
