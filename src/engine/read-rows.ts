import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { InstanceRecord, RecordedState } from '../scheduler/records.ts';
import { isTime } from '../shared/clock.ts';
import { isObjectId } from '../shared/ids.ts';
import { isRecord } from '../shared/values.ts';

/** The rows of a state file. Times are by the clocks that are named, in milliseconds since the epoch. */
export type Kept = {
  /** Null in a new file. */
  readonly session: {
    readonly id: string;
    readonly epoch: number;
    readonly clockAt: number;
    readonly realAt: number;
  } | null;
  readonly records: readonly InstanceRecord[];
};

/**
 * Reads all rows. Others than an emulator can have written would come up later, as a lease without end or in the middle of
 * a start.
 *
 * @throws Error that says which row is unsound; values are left out, for some are tokens
 */
export const readRows = (database: DatabaseSync): Kept => {
  const sessions = database.prepare('SELECT * FROM session').all();
  const instances = database.prepare('SELECT * FROM instances ORDER BY container_id, seed').all();
  if (sessions.length > 1) throw new Error(`it has ${sessions.length} sessions`);
  if (sessions.length === 0 && instances.length > 0) throw new Error('it has instances and no session');
  const [session = null] = sessions.map((row, index) => toSession(sound('session', row, index, sessionColumns)));
  return {
    session,
    records: instances.map((row, index) => toInstanceRecord(sound('instances', row, index, instanceColumns))),
  };
};

type Row = Readonly<Record<string, SQLOutputValue>>;
type Check = (value: unknown) => boolean;
type Shape = Readonly<Record<string, Check>>;

const isFrom =
  (least: number): Check =>
  (value) =>
    Number.isSafeInteger(value) && Number(value) >= least;
const isId: Check = (value) => typeof value === 'string' && isObjectId(value);
const isText: Check = (value) => typeof value === 'string';

const has = (value: unknown, shape: Shape): boolean =>
  isRecord(value) && Object.entries(shape).every(([name, check]) => check(value[name]));

/** By the value of a field, which is one of the names in `shapes`. */
const isOneOf =
  (field: string, shapes: Readonly<Record<string, Shape>>): Check =>
  (value) => {
    const name = isRecord(value) ? String(value[field]) : '';
    return Object.hasOwn(shapes, name) && has(value, shapes[name] ?? {});
  };

/** Absent in files of older emulators, and where nothing needs them. */
const isVariables: Check = (value) =>
  value === undefined || (isRecord(value) && Object.values(value).every((one) => typeof one === 'string'));

const claim = { token: isText, claimedAt: isTime, variables: isVariables };
const run = { ...claim, spawnedAt: isTime };
const releaseTimes = {
  claimedAt: isTime,
  spawnedAt: (value: unknown) => value === null || isTime(value),
  releasedAt: isTime,
};

const isEnded = isOneOf('how', {
  expired: { token: isText },
  released: { token: isText, times: (value) => value === undefined || has(value, releaseTimes) },
  exited: run,
  'max-runtime': run,
});

const stateShapes: { readonly [Name in RecordedState['name']]: Shape } = {
  free: { ended: (value) => value === null || isEnded(value) },
  claimed: claim,
  starting: { ...claim, since: isTime, isReleased: (value) => typeof value === 'boolean' },
  running: run,
  stopping: { ...run, because: (value) => ['release', 'max-runtime', 'unhealthy'].includes(String(value)) },
};
const isState = isOneOf('name', stateShapes);

const isStateText: Check = (text) => {
  try {
    return isState(JSON.parse(String(text)));
  } catch {
    return false;
  }
};

const sessionColumns: Shape = {
  id: (value) => typeof value === 'string' && /^[0-9a-f]{12}$/.test(value),
  life: isFrom(1),
  clock_at: isTime,
  real_at: isTime,
};

const instanceColumns: Shape = {
  id: isId,
  container_id: isId,
  seed: isFrom(0),
  created_at: isTime,
  state: isStateText,
};

const sound = (table: string, row: Row, index: number, columns: Shape): Row => {
  const unsound = Object.entries(columns).find(([name, check]) => !check(row[name]));
  if (unsound === undefined) return row;
  throw new Error(`row ${index + 1} of its ${table} is unsound (${unsound[0]})`);
};

const toSession = (row: Row): NonNullable<Kept['session']> => ({
  id: String(row['id']),
  epoch: Number(row['life']),
  clockAt: Number(row['clock_at']),
  realAt: Number(row['real_at']),
});

const toInstanceRecord = (row: Row): InstanceRecord =>
  ({
    instanceId: row['id'],
    containerId: row['container_id'],
    seed: row['seed'],
    createdAt: row['created_at'],
    state: JSON.parse(String(row['state'])),
  }) as InstanceRecord;
