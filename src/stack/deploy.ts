import type { Check, HealthCheck } from '../shared/types.ts';
import type { FunctionSpec, StopSignal } from './model.ts';
import type { Cursor } from './reading/cursor.ts';
import {
  describedBy,
  field,
  ignored,
  integer,
  listOf,
  oneOf,
  type Parsed,
  passed,
  type Reader,
  readBoolean,
  readBy,
  readFields,
  required,
  section,
  text,
} from './reading/fields.ts';
import { checkArguments, parseArgs, parseDuration, parseHostname } from './values.ts';

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

const readRuntimeLimit: Reader<number> = (at) => {
  const limitMs = text(parseDuration)(at);
  return limitMs === 0 ? at.reject('a duration above zero, or no max_runtime for no limit') : limitMs;
};

const readAllSignals = listOf(oneOf([...signals, 'SIGKILL']));

const readSignals = describedBy(readAllSignals.schema, (at: Cursor): readonly StopSignal[] => {
  const given = readAllSignals(at);
  // Cycle's stack format lists SIGKILL, its container configuration does not (documented both).
  if (given.includes('SIGKILL')) at.warn('SIGKILL ignored: it always comes after graceful_timeout');
  const sent = given.filter((signal) => signal !== 'SIGKILL');
  return sent.length === 0 ? ['SIGTERM'] : sent;
});

const mostSeconds = 1_000_000_000;

const readGrace = describedBy(
  { type: ['string', 'integer'], minimum: 0, maximum: mostSeconds },
  (at: Cursor): number | null => {
    if (typeof at.value !== 'number') return text(parseDuration)(at);
    const seconds = integer(0, mostSeconds)(at);
    if (seconds === null) return null;
    // Documented: older versions of the format count seconds here.
    at.warnUnsupported(`a number is read as seconds, as in older stacks: write "${seconds}s"`);
    return seconds * 1000;
  },
);

const commandForm = 'a command such as "/bin/sh healthcheck.sh"';

const parseCommand = (given: string): Parsed<readonly string[]> => {
  const parsed = checkArguments(parseArgs(given));
  return parsed.ok && !parsed.value[0] ? { ok: false, expected: commandForm } : parsed;
};

/** Its value is never shown: passwords stand in commands. Compose has a list in this place. */
const readCheckCommand: Reader<readonly string[]> = (at) =>
  typeof at.value === 'string' ? text(parseCommand)(at.hide()) : at.hide().reject(commandForm);

const durationForm = 'a duration above zero, such as "10s"';

const readInterval = required((at) => {
  const ms = text(parseDuration)(at);
  return ms === 0 ? at.reject(durationForm) : ms;
}, durationForm);

const checkFields = {
  command: field('text', readCheckCommand, 'required').about(
    'run in the container, without a shell, under the variables of the run; quotes as in `runtime.command.args`; 0 is a success',
  ),
  interval: field('duration', readInterval, 'required').about('above zero; from the end of a check to the next'),
  timeout: field('duration', readInterval, 'required').about('above zero; a check that takes so long has failed'),
};

const healthFields = {
  ...checkFields,
  retries: field('number', integer(0), 'required').about(
    'so many checks in a row may fail after one that did; with the next, the instance is unhealthy',
  ),
  delay: field('duration', text(parseDuration), '`0s`').about('from the start of the run to the first check'),
  restart: field('boolean', readBoolean, 'required').about(
    '`true` ends the run of an unhealthy instance; as always with functions, it does not start again',
  ),
};

const readCheck: Reader<Check> = (at) => {
  const given = at.isAbsent ? null : readFields(at, checkFields);
  if (!given?.command || !given.interval || !given.timeout) return null;
  return { command: given.command, intervalMs: given.interval, timeoutMs: given.timeout };
};

const readHealthCheck: Reader<HealthCheck> = (at) => {
  const given = at.isAbsent ? null : readFields(at, healthFields);
  if (!given?.command || !given.interval || !given.timeout) return null;
  const { command, interval: intervalMs, timeout: timeoutMs, retries, delay, restart } = given;
  return { command, intervalMs, timeoutMs, retries: retries ?? 0, delayMs: delay ?? 0, restart: restart ?? false };
};

/** `config.deploy` of a function; its `strategy` is read before. */
export const deployFields = {
  strategy: field('word', describedBy({ enum: strategies }, passed('word').read), 'none').about(
    '`function` makes the container a function',
  ),
  instances: field('number', integer(0, largestPool), 'required').about(
    `0 to ${largestPool}; made before the emulator is ready`,
  ),
  function: section({
    max_pool_size: field('number', integer(1, largestPool), '`instances`, at least 1').about(
      `at least \`instances\`, at most ${largestPool}; the pool grows up to it`,
    ),
    max_shard_concurrency: field('number', integer(1), 'no limit').about('at least 1; claims and runs at one time'),
    max_runtime: field('duration', readRuntimeLimit, 'no limit').about('above zero'),
    max_queue_time: field('duration', text(parseDuration), '`5s`').about('`0s` does not wait'),
  }),
  shutdown: section({
    graceful_timeout: field('duration', readGrace, '`10s`').about(
      'a number is read as seconds, with a warning, as in older stacks',
    ),
    signals: field('texts', readSignals, '`[SIGTERM]`').about(
      `${signals.join(' ')}; the first is sent and has the whole \`graceful_timeout\`; SIGKILL is left out with a warning, it always comes last`,
    ),
  }),
  // Each may be left out; of what is in it, only the delay may.
  readiness_check: readBy(readCheck, checkFields, 'none').about('whether the instance is ready for requests'),
  health_check: readBy(readHealthCheck, healthFields, 'none').about('whether the instance is healthy'),
  stateful: ignored('object'),
  constraints: ignored('object'),
  startup: ignored('object'),
  update: ignored('object'),
  restart: ignored('object'),
  telemetry: ignored('object'),
};

/** `minTtlMs` comes from another section, `config.scaling`: read-stack.ts adds it. */
type Deploy = Pick<FunctionSpec, 'shutdown' | 'checks'> & { readonly pool: Omit<FunctionSpec['pool'], 'minTtlMs'> };

export const readDeploy: Reader<Deploy> = (at) => {
  const given = readFields(at, deployFields);
  if (given === null) return null;
  const { function: limits, shutdown } = given;
  const instances = given.instances ?? 0;
  const size = limits?.max_pool_size ?? null;
  if (size !== null && size < instances) {
    at.child('function', 'max_pool_size').reject(`at least the ${instances} of deploy.instances`);
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
  at.warnUnsupported('environment-limited is not supported by the emulator, read as disable');
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
    if (taken.has(port.external)) return item.reject('an external port that no other line has');
    taken.add(port.external);
    return port;
  })(at);
});

/** `config.network` of a function. PARITY: no `public` is `disable`; the platform requires the field. */
export const networkFields = {
  public: field('word', readPublic, '`disable`').about(
    '`enable`, `disable`, `egress-only`; `environment-limited` is read as `disable`, with a warning',
  ),
  hostname: field('text', text(parseHostname), 'the identifier').about('letters, digits, hyphens, dots, at most 63'),
  ports: field('texts', readPorts, 'none').about('ports; one outside port once'),
  l2: ignored('object'),
};
