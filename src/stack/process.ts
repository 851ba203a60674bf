import { didYouMean } from '../shared/suggest.ts';
import type { FunctionSpec } from './model.ts';
import { type Cursor, type Fields, hide, isAbsent, isPlainObject, reject } from './reading/cursor.ts';
import {
  integer,
  listOf,
  mapOf,
  type Parsed,
  type Reader,
  readBoolean,
  readObject,
  readString,
  text,
  warnUnsupported,
} from './reading/readers.ts';
import { checkArguments, parseArgs, parseProcessText, parseSize } from './values.ts';
import { readEnvironmentVariables } from './variables.ts';

/** Linux's capabilities as Cycle's format lists them (documented). */
const capabilities = [
  'CAP_AUDIT_CONTROL',
  'CAP_AUDIT_READ',
  'CAP_AUDIT_WRITE',
  'CAP_BLOCK_SUSPEND',
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_DAC_READ_SEARCH',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_IPC_LOCK',
  'CAP_IPC_OWNER',
  'CAP_KILL',
  'CAP_LEASE',
  'CAP_LINUX_IMMUTABLE',
  'CAP_MAC_ADMIN',
  'CAP_MAC_OVERRIDE',
  'CAP_MKNOD',
  'CAP_NET_ADMIN',
  'CAP_NET_BIND_SERVICE',
  'CAP_NET_BROADCAST',
  'CAP_NET_RAW',
  'CAP_SETFCAP',
  'CAP_SETGID',
  'CAP_SETPCAP',
  'CAP_SETUID',
  'CAP_SYSLOG',
  'CAP_SYS_ADMIN',
  'CAP_SYS_BOOT',
  'CAP_SYS_CHROOT',
  'CAP_SYS_MODULE',
  'CAP_SYS_NICE',
  'CAP_SYS_PACCT',
  'CAP_SYS_PTRACE',
  'CAP_SYS_RAWIO',
  'CAP_SYS_RESOURCE',
  'CAP_SYS_TIME',
  'CAP_SYS_TTY_CONFIG',
  'CAP_WAKE_ALARM',
];

const readCapability = (at: Cursor): string | null => {
  const name = readString(at);
  if (name === null || capabilities.includes(name)) return name;
  return reject(at, `a Linux capability such as CAP_NET_ADMIN${didYouMean(name, capabilities)}`);
};

const names = [
  'core',
  'cpu',
  'data',
  'fsize',
  'locks',
  'memlock',
  'msgqueue',
  'nice',
  'nofile',
  'nproc',
  'rss',
  'rtprio',
  'rttime',
  'sigpending',
  'stack',
];

/** Reads `runtime.rlimits`: names as the kernel's tools spell them, also in the form `RLIMIT_NOFILE`. -1 is no limit. */
const readRlimits = (at: Cursor): FunctionSpec['rlimits'] => {
  const limits = mapOf((entry, name) => {
    const known = toName(name);
    if (!names.includes(known)) {
      entry.report.problem(
        entry.path,
        `not a resource limit${didYouMean(known, names) || `, expected one of ${names.join(', ')}`}`,
      );
    }
    return readLimit(entry);
  })(at);
  return Object.fromEntries(Object.entries(limits).map(([name, limit]) => [toName(name), limit]));
};

const toName = (name: string): string => name.toLowerCase().replace(/^rlimit_/, '');

const readLimit = (at: Cursor): { readonly soft: number; readonly hard: number } | null =>
  readObject(at, {}, (field) => {
    const soft = readAmount(field('soft'));
    const hard = readAmount(field('hard'));
    if (soft === null || hard === null) return null;
    const fits = hard === -1 || (soft !== -1 && soft <= hard);
    return fits ? { soft, hard } : reject(field('soft'), `at most the hard limit, ${hard}`);
  });

/** Docker is asked in JSON, and a larger number is another one there. */
const readAmount: Reader<number> = (at) => {
  if (Number.isSafeInteger(at.value) && Number(at.value) >= -1) return Number(at.value);
  return reject(at, `a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, or -1 for no limit`);
};

type Runtime = Pick<
  FunctionSpec,
  'command' | 'workdir' | 'environment' | 'sysctls' | 'rlimits' | 'capabilities' | 'readOnlyRoot'
> & { readonly sharedMemoryBytes: number | null };

/** `privileged` stays unsupported: a function is other people's code on a developer's machine. */
const unsupported: Fields = { namespaces: 'texts', seccomp: 'object', host: 'object', privileged: 'boolean' };

const devices: Fields = { expose: 'objects', permissions: 'objects' };

/** Reads `config.runtime` of a function. */
export const readRuntime = (at: Cursor): Runtime | null =>
  readObject(at, { unsupported }, (field) => ({
    command: readCommand(field('command')),
    workdir: readWorkdir(field('workdir')),
    environment: readEnvironmentVariables(field('environment_vars')),
    sysctls: mapOf((entry) => text(parseProcessText)(entry))(field('sysctl')),
    rlimits: readRlimits(field('rlimits')),
    capabilities: listOf(readCapability)(field('capabilities')),
    readOnlyRoot: readObject(field('rootfs'), {}, (inner) => readBoolean(inner('readonly'))) ?? false,
    sharedMemoryBytes: readObject(field('devices'), { unsupported: devices }, (inner) =>
      text(parseSize)(inner('shm_size')),
    ),
  }));

const readCommand = (at: Cursor): FunctionSpec['command'] => {
  // Compose and Dockerfiles have a list or a string in this place.
  if (!isAbsent(at) && !isPlainObject(at.value)) {
    return reject(hide(at), `an object, such as { path: /bin/sh, args: '-c "sleep 10 && date"' }`);
  }
  return readObject(at, {}, (field) => {
    // Forms of the platform leave an empty string where nothing is overridden.
    const path = text(parseProcessText)(field('path')) || null;
    const args = readArgs(hide(field('args'))) ?? [];
    return path === null && args.length === 0 ? null : { path, args };
  });
};

const readArgs = (at: Cursor): readonly string[] | null =>
  Array.isArray(at.value)
    ? reject(at, `all arguments in one string, with quotes around one that has blanks, such as '-c "sleep 10 && date"'`)
    : text((args) => checkArguments(parseArgs(args)))(at);

const readWorkdir = (at: Cursor): string | null => {
  const workdir = text(parseProcessText)(at) || null;
  return workdir === null || workdir.startsWith('/') ? workdir : reject(at, 'an absolute path');
};

type Resources = Omit<FunctionSpec['resources'], 'sharedMemoryBytes'>;
type Cpu = Pick<Resources, 'cpus' | 'cpuShares'>;
type Memory = Pick<Resources, 'memoryBytes' | 'memoryReservationBytes'>;

const noCpu: Cpu = { cpus: null, cpuShares: null };
const noMemory: Memory = { memoryBytes: null, memoryReservationBytes: null };

/** Reads `config.resources` of a function. */
export const readResources = (at: Cursor): Resources | null =>
  readObject(at, {}, (field) => ({ ...readCpu(field('cpu')), ...readMemory(field('ram')) }));

/** Ten shares are one CPU (documented). */
const sharesPerCpu = 10;
/** The weight that container engines give to one CPU's worth, and the least they take. */
const weightPerCpu = 1024;
const leastWeight = 2;

const readCpu = (at: Cursor): Cpu =>
  readObject(at, {}, (field) => {
    const cpus = readCpus(field('cpus'));
    const shares = readObject(field('shares'), {}, (inner) => ({
      cpus: toCpus(integer(0, 100_000)(inner('limit'))),
      cpuShares: toWeight(integer(0, 100_000)(inner('reserve'))),
    }));
    return { cpus: cpus ?? shares?.cpus ?? null, cpuShares: shares?.cpuShares ?? null };
  }) ?? noCpu;

/**
 * Documented: a string, such as "0-3", that pins to threads of the server. A developer's machine has other threads, so
 * that is ignored with a warning.
 * PARITY: a plain number, such as "0.5", is how many CPUs there are, as container tools read it.
 */
const readCpus = (at: Cursor): number | null => {
  const listsThreads = typeof at.value === 'string' && /^\d+([-,]\d+)+$/.test(at.value);
  if (!listsThreads) return text(parseCpus)(at);
  warnUnsupported(at, 'pins to threads of a server, not supported by the emulator, ignored: see cpu.shares');
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

const readMemory = (at: Cursor): Memory =>
  readObject(at, { unsupported: { swappiness: 'number' } }, (field) => {
    const memoryBytes = text(parseSize)(field('limit'));
    const memoryReservationBytes = text(parseSize)(field('reserve'));
    if (memoryBytes !== null && memoryReservationBytes !== null && memoryReservationBytes > memoryBytes) {
      return reject(field('reserve'), 'at most the limit');
    }
    return { memoryBytes, memoryReservationBytes };
  }) ?? noMemory;
