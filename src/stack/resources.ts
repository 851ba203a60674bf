import type { FunctionSpec } from './model.ts';
import { type Cursor, reject } from './reading/cursor.ts';
import { readObject, warnUnsupported } from './reading/read-object.ts';
import { integer, text } from './reading/readers.ts';
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
    // Documented: `cpus` pins to threads of the server, such as "0-3". A developer's machine has other threads.
    warnUnsupported(
      field('cpus'),
      'pins to threads of a server, not supported by the emulator, ignored: see cpu.shares',
    );
    return readObject(field('shares'), {}, (inner) => ({
      cpus: toCpus(integer(0, 100_000)(inner('limit'))),
      cpuShares: toWeight(integer(0, 100_000)(inner('reserve'))),
    }));
  }) ?? noCpu;

/** Zero is how the platform's forms say that there is no limit (inferred). */
const toCpus = (shares: number | null): number | null => (shares ? shares / sharesPerCpu : null);

/** PARITY: a reserve becomes the weight among busy containers; nothing is set aside for it. */
const toWeight = (shares: number | null): number | null =>
  shares ? Math.max(leastWeight, Math.round((shares * weightPerCpu) / sharesPerCpu)) : null;

const readMemory = (at: Cursor): Memory =>
  readObject(at, { unsupported: ['swappiness'] }, (field) => {
    const memoryBytes = text(parseSize)(field('limit'));
    const memoryReservationBytes = text(parseSize)(field('reserve'));
    if (memoryBytes !== null && memoryReservationBytes !== null && memoryReservationBytes > memoryBytes) {
      return reject(field('reserve'), 'at most the limit');
    }
    return { memoryBytes, memoryReservationBytes };
  }) ?? noMemory;
