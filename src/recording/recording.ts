import type { Operation } from '../http/wire-format.ts';
import type { Json, JsonObject } from '../openapi/load.ts';
import { EmulatorError, errorCodes } from '../shared/errors.ts';

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
};

/** Reads a recording from the text of a file: as the control API answers it, in its envelope or taken out of it. */
export const parseRecording = (text: string, source: string): Recording => {
  const found = unwrap(parseJson(text, source));
  if (!isObject(found) || found['version'] !== 1 || !Array.isArray(found['exchanges'])) {
    throw toUnreadable(source, 'it is not a recording of version 1. Save what GET /_emulator/recording answers');
  }
  const exchanges = found['exchanges'].map((item: unknown, index) => {
    if (isExchange(item)) return item;
    throw toUnreadable(source, `exchanges[${index}] is not a request to the Scheduler API with its answer`);
  });
  return { version: 1, complete: found['complete'] !== false, exchanges };
};

const parseJson = (text: string, source: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw toUnreadable(source, 'it is not JSON. Save what GET /_emulator/recording answers', error);
  }
};

const unwrap = (value: unknown): unknown => (isObject(value) && isObject(value['data']) ? value['data'] : value);

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const operations = ['claimInstance', 'spawnInstance', 'releaseInstance', 'getActiveInstances'] satisfies Operation[];

const isExchange = (value: unknown): value is Exchange =>
  isObject(value) &&
  operations.some((operation) => operation === value['operation']) &&
  typeof value['container_id'] === 'string' &&
  value['request'] !== undefined &&
  isAnswer(value['status'], value['response']);

/** A success, or an error of any status that a scheduler may have answered. */
const isAnswer = (status: unknown, response: unknown): boolean => {
  if (!isObject(response)) return false;
  const { data, error } = response;
  if (status === 200) return isObject(data);
  const isFailure = Number.isInteger(status) && Number(status) >= 400 && Number(status) <= 599;
  return isFailure && isObject(error) && typeof error['code'] === 'string' && typeof error['title'] === 'string';
};

const toUnreadable = (source: string, reason: string, cause?: unknown): EmulatorError =>
  new EmulatorError(errorCodes.badOption, `Failed to read the recording ${source}: ${reason}.`, { cause });
