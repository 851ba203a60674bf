import { didYouMean } from '../shared/suggest.ts';
import type { FunctionSpec } from './model.ts';
import { type Cursor, reject } from './reading/cursor.ts';
import { readObject } from './reading/read-object.ts';
import { mapOf, type Reader } from './reading/readers.ts';

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
export const readRlimits = (at: Cursor): FunctionSpec['rlimits'] => {
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
