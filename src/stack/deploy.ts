import type { FunctionSpec, PoolLimits, StopSignal } from './model.ts';
import { type Cursor, isAbsent, reject } from './reading/cursor.ts';
import type { Fields } from './reading/kinds.ts';
import { readObject, warnUnsupported } from './reading/read-object.ts';
import { integer, listOf, oneOf, required, text } from './reading/readers.ts';
import { parseDuration } from './values/duration.ts';

/** The addresses of an environment hold no more instances of one function. */
const largestPool = 60_000;

const defaultQueueTimeMs = 5_000;
const defaultGraceMs = 10_000;

const signals = ['SIGTERM', 'SIGINT', 'SIGUSR1', 'SIGUSR2', 'SIGHUP', 'SIGQUIT'] as const satisfies StopSignal[];

const unsupported: Fields = {
  stateful: 'object',
  constraints: 'object',
  startup: 'object',
  update: 'object',
  restart: 'object',
  readiness_check: 'object',
  health_check: 'object',
  telemetry: 'object',
};

/** Reads `config.deploy` of a function; its `strategy` has been read before. */
export const readDeploy = (at: Cursor): Pick<FunctionSpec, 'pool' | 'shutdown'> | null =>
  readObject(at, { harmless: { strategy: 'text' }, unsupported }, (field) => ({
    pool: readPool(field('instances'), field('function')),
    shutdown: readShutdown(field('shutdown')) ?? { signals: ['SIGTERM'], graceMs: defaultGraceMs },
  }));

const readPool = (instancesAt: Cursor, functionAt: Cursor): PoolLimits => {
  const instances = required(integer(0, largestPool), `a whole number from 0 to ${largestPool}`)(instancesAt) ?? 0;
  // PARITY: without a size the pool does not grow, except that a function which starts empty gets one instance.
  const pool = { instances, maxPoolSize: Math.max(instances, 1), ...unlimited };
  return (
    readObject(functionAt, {}, (field) => ({
      ...pool,
      maxPoolSize: readPoolSize(field('max_pool_size'), instances) ?? pool.maxPoolSize,
      maxShardConcurrency: integer(1)(field('max_shard_concurrency')),
      maxRuntimeMs: readRuntimeLimit(field('max_runtime')),
      maxQueueTimeMs: text(parseDuration)(field('max_queue_time')) ?? defaultQueueTimeMs,
    })) ?? pool
  );
};

const unlimited = { maxShardConcurrency: null, maxRuntimeMs: null, maxQueueTimeMs: defaultQueueTimeMs };

const readPoolSize = (at: Cursor, instances: number): number | null => {
  const size = integer(1, largestPool)(at);
  return size !== null && size < instances ? reject(at, `at least the ${instances} of deploy.instances`) : size;
};

const readRuntimeLimit = (at: Cursor): number | null => {
  const limitMs = text(parseDuration)(at);
  return limitMs === 0 ? reject(at, 'a duration above zero, or no max_runtime for no limit') : limitMs;
};

const readShutdown = (at: Cursor): FunctionSpec['shutdown'] | null =>
  readObject(at, {}, (field) => ({
    signals: readSignals(field('signals')),
    graceMs: readGrace(field('graceful_timeout')) ?? defaultGraceMs,
  }));

const readSignals = (at: Cursor): readonly StopSignal[] => {
  const given = listOf(oneOf([...signals, 'SIGKILL']))(at);
  // Cycle's stack format lists SIGKILL, its container configuration does not (documented both).
  if (given.includes('SIGKILL')) at.report.warn(at.path, 'SIGKILL ignored: it always comes after graceful_timeout');
  const sent = given.filter((signal) => signal !== 'SIGKILL');
  return sent.length === 0 ? ['SIGTERM'] : sent;
};

const readGrace = (at: Cursor): number | null => {
  if (typeof at.value !== 'number' || isAbsent(at)) return text(parseDuration)(at);
  const seconds = integer(0, 1_000_000_000)(at);
  if (seconds === null) return null;
  // Documented: older versions of the format count seconds here.
  warnUnsupported(at, `a number is read as seconds, as in older stacks: write "${seconds}s"`);
  return seconds * 1000;
};
