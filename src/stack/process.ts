import { didYouMean } from '../shared/suggest.ts';
import { isRecord } from '../shared/values.ts';
import { readEnvironmentVariables } from './environment-variables.ts';
import type { FunctionSpec } from './model.ts';
import type { Cursor } from './reading/cursor.ts';
import {
  describedBy,
  field,
  hidden,
  ignored,
  integer,
  listOf,
  mapOf,
  optional,
  type Parsed,
  type Reader,
  readBoolean,
  readBy,
  readFields,
  readString,
  section,
  text,
  type Values,
} from './reading/fields.ts';
import { checkArguments, parseArgs, parseProcessText, parseSize } from './values.ts';

/** Linux's capabilities as Cycle's format lists them (documented). */
const capabilities = `
  AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID IPC_LOCK
  IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST
  NET_RAW SETFCAP SETGID SETPCAP SETUID SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE SYS_PACCT
  SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG WAKE_ALARM
`
  .trim()
  .split(/\s+/)
  .map((name) => `CAP_${name}`);

const readCapability: Reader<string> = describedBy({ enum: capabilities }, (at) => {
  const name = readString(at);
  if (name === null || capabilities.includes(name)) return name;
  return at.reject(`a Linux capability such as CAP_NET_ADMIN${didYouMean(name, capabilities)}`);
});

const limitNames =
  'core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'.split(' ');

/** In one case: patterns have no flag that makes cases equal. */
const limitNameSchema = { enum: limitNames.flatMap((name) => [name, `RLIMIT_${name.toUpperCase()}`]) };

/** Reads `runtime.rlimits`: names as the kernel's tools spell them, also in the form `RLIMIT_NOFILE`. -1 is no limit. */
const readRlimits = describedBy({ propertyNames: limitNameSchema }, (at: Cursor): FunctionSpec['rlimits'] => {
  const limits = mapOf((entry, name) => {
    const known = toName(name);
    if (!limitNames.includes(known)) {
      entry.problem(
        `not a resource limit${didYouMean(known, limitNames) || `, expected one of ${limitNames.join(', ')}`}`,
      );
    }
    return readLimit(entry);
  })(at);
  return Object.fromEntries(Object.entries(limits).map(([name, limit]) => [toName(name), limit]));
});

const toName = (name: string): string => name.toLowerCase().replace(/^rlimit_/, '');

const readLimit: Reader<{ readonly soft: number; readonly hard: number }> = (at) => {
  const given = readFields(at, limitFields);
  if (given === null || given.soft === null || given.hard === null) return null;
  const { soft, hard } = given;
  const fits = hard === -1 || (soft !== -1 && soft <= hard);
  return fits ? { soft, hard } : at.child('soft').reject(`at most the hard limit, ${hard}`);
};

/** Docker is asked in JSON, and a larger number is another one there. */
const readAmount: Reader<number> = describedBy(
  { type: 'integer', minimum: -1, maximum: Number.MAX_SAFE_INTEGER },
  (at) => {
    if (Number.isSafeInteger(at.value) && Number(at.value) >= -1) return Number(at.value);
    return at.reject(`a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, or -1 for no limit`);
  },
);

const limitFields = {
  soft: field('number', readAmount, 'required').about('at most `hard`; -1 is no limit'),
  hard: field('number', readAmount, 'required').about('-1 is no limit'),
};

const readCommand: Reader<NonNullable<FunctionSpec['command']>> = (at) => {
  // Compose and Dockerfiles have a list or a string in this place.
  if (!at.isAbsent && !isRecord(at.value)) {
    return at.hide().reject(`an object, such as { path: /bin/sh, args: '-c "sleep 10 && date"' }`);
  }
  const given = readFields(at, commandFields);
  // Forms of the platform leave an empty string where nothing is overridden.
  const path = given?.path || null;
  const args = given?.args ?? [];
  return path === null && args.length === 0 ? null : { path, args };
};

const readArgs = (at: Cursor): readonly string[] | null =>
  Array.isArray(at.value)
    ? at.reject(`all arguments in one string, with quotes around one that has blanks, such as '-c "sleep 10 && date"'`)
    : text((args) => checkArguments(parseArgs(args)))(at);

const readWorkdir = (at: Cursor): string | null => {
  const workdir = text(parseProcessText)(at) || null;
  return workdir === null || workdir.startsWith('/') ? workdir : at.reject('an absolute path');
};

const commandFields = {
  path: field('text', text(parseProcessText), "the image's entry point").about(
    "takes the place of the image's arguments as well",
  ),
  args: field('text', hidden(readArgs), "none with a `path`, else the image's").about(
    'all arguments in one string: `\'-c "sleep 10 && date"\'`, where Compose has `["-c", "sleep 10 && date"]`',
  ),
};

/** `config.runtime` of a function. `privileged` stays unsupported: a function is other people's code on a developer's machine. */
export const runtimeFields = {
  command: readBy(readCommand, commandFields),
  workdir: field('text', readWorkdir, "the image's").about('absolute path'),
  environment_vars: field('map', readEnvironmentVariables, 'none').about('strings; names without `=` and NUL'),
  sysctl: field('map', mapOf(optional(text(parseProcessText))), 'none').about('strings'),
  rlimits: field('map', readRlimits, "the engine's", limitFields).about('`nofile` and `RLIMIT_NOFILE` are the same'),
  capabilities: field('texts', listOf(readCapability), "the engine's").about('`CAP_…`'),
  rootfs: section({ readonly: field('boolean', readBoolean, '`false`') }),
  devices: section({
    shm_size: field('size', text(parseSize), "the engine's"),
    expose: ignored('objects'),
    permissions: ignored('objects'),
  }),
  namespaces: ignored('texts'),
  seccomp: ignored('object'),
  host: ignored('object'),
  privileged: ignored('boolean').about('the emulator never runs anything privileged'),
};

/** Ten shares are one CPU (documented). */
const sharesPerCpu = 10;
/** The weight that container engines give to one CPU's worth, and the least they take. */
const weightPerCpu = 1024;
const leastWeight = 2;

/**
 * Documented: a string, such as "0-3", that pins to threads of the server. A developer's machine has other threads, so
 * that is ignored with a warning.
 * PARITY: a plain number, such as "0.5", is how many CPUs there are, as container tools read it.
 */
const readCpus = (at: Cursor): number | null => {
  const listsThreads = typeof at.value === 'string' && /^\d+([-,]\d+)+$/.test(at.value);
  if (!listsThreads) return text(parseCpus)(at);
  at.warnUnsupported('pins to threads of a server, not supported by the emulator, ignored: see cpu.shares');
  return null;
};

const parseCpus = (written: string): Parsed<number> => {
  const cpus = /^\d+(\.\d+)?$/.test(written) ? Number(written) : 0;
  return cpus >= 0.01 && cpus <= 1024
    ? { ok: true, value: cpus }
    : { ok: false, expected: 'CPUs such as "0.5" or "2"' };
};

/** Zero is how the platform's forms say that there is no limit (inferred). */
const toCpus = (shares: number | null): number | null => (shares ? shares / sharesPerCpu : null);

/** PARITY: a reserve becomes the weight among busy containers; nothing is set aside for it. */
const toWeight = (shares: number | null): number | null =>
  shares ? Math.max(leastWeight, Math.round((shares * weightPerCpu) / sharesPerCpu)) : null;

const readMemory: Reader<Pick<FunctionSpec['resources'], 'memoryBytes' | 'memoryReservationBytes'>> = (at) => {
  const given = readFields(at, memoryFields);
  const [memoryBytes, memoryReservationBytes] = [given?.limit ?? null, given?.reserve ?? null];
  if (memoryBytes !== null && memoryReservationBytes !== null && memoryReservationBytes > memoryBytes) {
    return at.child('reserve').reject('at most the limit');
  }
  return { memoryBytes, memoryReservationBytes };
};

const memoryFields = {
  limit: field('size', text(parseSize), 'no limit'),
  reserve: field('size', text(parseSize), 'none').about('at most the limit'),
  swappiness: ignored('number'),
};

const readShares = integer(0, 100_000);

/** `config.resources` of a function. */
export const resourceFields = {
  cpu: section({
    cpus: field('text', readCpus, 'no limit').about(
      'CPUs, such as `"0.5"`; goes before `shares.limit`; threads of a server to pin to (`"0-3"`) are left out with a warning',
    ),
    shares: section({
      limit: field('number', readShares, 'no limit').about('ten shares are one CPU; 0 is no limit'),
      reserve: field('number', readShares, "the engine's").about(
        'a weight among busy containers; nothing is set aside',
      ),
    }),
  }),
  ram: readBy(readMemory, memoryFields),
};

/** What a process gets, from both sections; memory that it shares is a device's. */
export const toResources = (
  resources: Values<typeof resourceFields> | null,
  runtime: Values<typeof runtimeFields>,
): FunctionSpec['resources'] => {
  const { cpus = null, shares = null } = resources?.cpu ?? {};
  return {
    cpus: cpus ?? toCpus(shares?.limit ?? null),
    cpuShares: toWeight(shares?.reserve ?? null),
    memoryBytes: resources?.ram?.memoryBytes ?? null,
    memoryReservationBytes: resources?.ram?.memoryReservationBytes ?? null,
    sharedMemoryBytes: runtime.devices?.shm_size ?? null,
  };
};
