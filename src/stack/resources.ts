import type { FunctionSpec } from './model.ts';
import { type Cursor, reject } from './reading/cursor.ts';
import { readObject, warnUnsupported } from './reading/read-object.ts';
import { integer, type Parsed, text } from './reading/readers.ts';
import { parseSize } from './values/size.ts';

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
