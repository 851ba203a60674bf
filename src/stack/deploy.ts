import { checks } from './checks.ts';
import type { FunctionSpec, StopSignal } from './model.ts';
import { field, ignored, passed, readFields, section } from './reading/fields.ts';
import {
  type Cursor,
  child,
  describedBy,
  integer,
  isAbsent,
  listOf,
  oneOf,
  type Parsed,
  type Reader,
  reject,
  required,
  text,
  warnUnsupported,
} from './reading/readers.ts';
import { parseDuration, parseHostname } from './values.ts';

/** The addresses of an environment hold no more instances of one function. */
const largestPool = 60_000;

const defaultQueueTimeMs = 5_000;
const defaultGraceMs = 10_000;

const signals = ['SIGTERM', 'SIGINT', 'SIGUSR1', 'SIGUSR2', 'SIGHUP', 'SIGQUIT'] as const satisfies StopSignal[];

/** Documented: how the platform spreads instances over servers. All but `function` run all the time. */
export const strategies = [
  'function',
  'resource-density',
  'manual',
  'high-availability',
  'first-available',
  'node',
  'edge',
] as const;

const readInstances = required(integer(0, largestPool), `a whole number from 0 to ${largestPool}`);

const readRuntimeLimit: Reader<number> = (at) => {
  const limitMs = text(parseDuration)(at);
  return limitMs === 0 ? reject(at, 'a duration above zero, or no max_runtime for no limit') : limitMs;
};

const readAllSignals = listOf(oneOf([...signals, 'SIGKILL']));

const readSignals = describedBy(readAllSignals.schema, (at: Cursor): readonly StopSignal[] => {
  const given = readAllSignals(at);
  // Cycle's stack format lists SIGKILL, its container configuration does not (documented both).
  if (given.includes('SIGKILL')) at.report.warn(at.path, 'SIGKILL ignored: it always comes after graceful_timeout');
  const sent = given.filter((signal) => signal !== 'SIGKILL');
  return sent.length === 0 ? ['SIGTERM'] : sent;
});

const mostSeconds = 1_000_000_000;

const readGrace = describedBy(
  { type: ['string', 'integer'], minimum: 0, maximum: mostSeconds },
  (at: Cursor): number | null => {
    if (typeof at.value !== 'number' || isAbsent(at)) return text(parseDuration)(at);
    const seconds = integer(0, mostSeconds)(at);
    if (seconds === null) return null;
    // Documented: older versions of the format count seconds here.
    warnUnsupported(at, `a number is read as seconds, as in older stacks: write "${seconds}s"`);
    return seconds * 1000;
  },
);

/** `config.deploy` of a function; its `strategy` is read before. */
export const deployFields = {
  strategy: field(
    'word',
    describedBy({ enum: strategies }, passed('word').read),
    'none',
    '`function` makes the container a function',
  ),
  instances: field('number', readInstances, 'required', `0 to ${largestPool}; made before the emulator is ready`),
  function: section({
    max_pool_size: field(
      'number',
      integer(1, largestPool),
      '`instances`, at least 1',
      `at least \`instances\`, at most ${largestPool}; the pool grows up to it`,
    ),
    max_shard_concurrency: field('number', integer(1), 'no limit', 'at least 1; claims and runs at one time'),
    max_runtime: field('duration', readRuntimeLimit, 'no limit', 'above zero'),
    max_queue_time: field('duration', text(parseDuration), '`5s`', '`0s` does not wait'),
  }),
  shutdown: section({
    graceful_timeout: field(
      'duration',
      readGrace,
      '`10s`',
      'a number is read as seconds, with a warning, as in older stacks',
    ),
    signals: field(
      'texts',
      readSignals,
      '`[SIGTERM]`',
      `${signals.join(' ')}; the first is sent and has the whole \`graceful_timeout\`; SIGKILL is left out with a warning, it always comes last`,
    ),
  }),
  ...checks,
  stateful: ignored('object'),
  constraints: ignored('object'),
  startup: ignored('object'),
  update: ignored('object'),
  restart: ignored('object'),
  telemetry: ignored('object'),
};

/** How long what was grown stays is said elsewhere, in `scaling`. */
type Deploy = Pick<FunctionSpec, 'shutdown' | 'checks'> & { readonly pool: Omit<FunctionSpec['pool'], 'minTtlMs'> };

export const readDeploy: Reader<Deploy> = (at) => {
  const given = readFields(at, deployFields);
  if (given === null) return null;
  const { function: limits, shutdown } = given;
  const instances = given.instances ?? 0;
  const size = limits?.max_pool_size ?? null;
  if (size !== null && size < instances) {
    reject(child(child(at, 'function'), 'max_pool_size'), `at least the ${instances} of deploy.instances`);
  }
  return {
    pool: {
      instances,
      // PARITY: without a size the pool does not grow, except that a function which starts empty gets one instance.
      maxPoolSize: size ?? Math.max(instances, 1),
      maxShardConcurrency: limits?.max_shard_concurrency ?? null,
      maxRuntimeMs: limits?.max_runtime ?? null,
      maxQueueTimeMs: limits?.max_queue_time ?? defaultQueueTimeMs,
    },
    checks: { readiness: given.readiness_check, health: given.health_check },
    shutdown: { signals: shutdown?.signals ?? ['SIGTERM'], graceMs: shutdown?.graceful_timeout ?? defaultGraceMs },
  };
};

type Network = FunctionSpec['network'];
type Port = Network['ports'][number];

const publicWords = ['enable', 'disable', 'egress-only', 'environment-limited'] as const;

/** PARITY: the schema has `environment-limited` without a word of what it means; nothing comes in from outside, at least. */
const readPublic: Reader<Network['public']> = describedBy({ enum: publicWords }, (at) => {
  const given = oneOf(publicWords)(at);
  if (given !== 'environment-limited') return given;
  warnUnsupported(at, 'environment-limited is not supported by the emulator, read as disable');
  return 'disable';
});

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

const readPort = text(parsePort, mapping);

const readPorts = describedBy(listOf(readPort).schema, (at: Cursor): readonly Port[] => {
  const taken = new Set<number>();
  return listOf((item) => {
    const port = readPort(item);
    if (port === null) return null;
    if (taken.has(port.external)) return reject(item, 'an external port that no other line has');
    taken.add(port.external);
    return port;
  })(at);
});

/** `config.network` of a function. PARITY: no `public` is `disable`; the platform requires the field. */
export const networkFields = {
  public: field(
    'word',
    readPublic,
    '`disable`',
    '`enable`, `disable`, `egress-only`; `environment-limited` is read as `disable`, with a warning',
  ),
  hostname: field('text', text(parseHostname), 'the identifier', 'letters, digits, hyphens, dots, at most 63'),
  ports: field('texts', readPorts, 'none', 'ports; one outside port once'),
  l2: ignored('object'),
};
