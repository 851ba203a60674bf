import type { FunctionSpec, PoolLimits, StopSignal } from './model.ts';
import { type Cursor, type Fields, isAbsent, reject } from './reading/cursor.ts';
import { integer, listOf, oneOf, type Parsed, readObject, required, text, warnUnsupported } from './reading/readers.ts';
import { parseDuration, parseHostname, toHostname } from './values.ts';

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
