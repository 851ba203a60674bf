import { isObjectId } from '../shared/ids.ts';
import { didYouMean } from '../shared/suggest.ts';
import {
  type EffectType,
  errorStatuses,
  type Fault,
  type FaultEffect,
  type FaultMatch,
  faultCodes,
  operationNames,
} from './fault.ts';
import { type Cursor, child, hide, isAbsent, isPlainObject, reject } from './reading/cursor.ts';
import { readObject } from './reading/read-object.ts';
import { fraction, integer, listOf, oneOf, type Reader, readString, required } from './reading/readers.ts';

const longestId = 100;

type Field = (name: string) => Cursor;
type EffectOf<Type extends EffectType> = Extract<FaultEffect, { readonly type: Type }>;

/** Reads `emulator.faults`. The same words say what goes wrong in a file, in code and over HTTP. */
export const readFaults = (at: Cursor, containers: readonly string[]): readonly Fault[] => {
  const faults = listOf((item) => readFault(item, containers))(at);
  const taken = new Set<string>();
  for (const [index, { id }] of faults.entries()) {
    if (id !== undefined && taken.has(id)) {
      reject({ ...at, value: id, path: [...at.path, index, 'id'] }, 'an ID that no other fault has');
    }
    if (id !== undefined) taken.add(id);
  }
  return faults;
};

export const readFault = (fault: Cursor, containers: readonly string[]): Fault | null =>
  readObject(fault, {}, (field) => {
    const id = readString(field('id'));
    if (id !== null && (id === '' || id.length > longestId)) {
      reject(field('id'), `an ID of 1 to ${longestId} characters, or none`);
    }
    const effect = required(readEffect, 'an object with a type')(field('effect'));
    const at = field('match');
    const match = isAbsent(at) ? null : readMatch(at, containers, effect);
    return effect && { ...given({ id, match }), effect };
  });

const readMatch = (at: Cursor, containers: readonly string[], effect: FaultEffect | null): FaultMatch | null =>
  readObject(at, {}, (field) =>
    given({
      operation: readOperation(field('operation'), effect),
      function: readFunction(field('function'), containers),
      // It looks like one, and may be one.
      token: readString(hide(field('token'))),
      nth: integer(1)(field('nth')),
      probability: fraction(field('probability')),
      times: integer(1)(field('times')),
    }),
  );

const readFunction = (at: Cursor, containers: readonly string[]): string | null => {
  const name = readString(at);
  if (name === null || containers.includes(name) || isObjectId(name)) return name;
  return reject(at, `a key of containers${didYouMean(name, containers)}`);
};

/** A fault that could never fire is a mistake: what happens to a container has no operation, and only claims look for instances. */
const readOperation = (at: Cursor, effect: FaultEffect | null): FaultMatch['operation'] | null => {
  const operation = oneOf(operationNames)(at);
  if (operation === null || effect === null) return operation;
  if (operationsOf[effect.type] === 'none') {
    return reject(at, `no operation, since ${effect.type} happens to a container, not to a request`);
  }
  if (operationsOf[effect.type] === 'claim' && operation !== 'claim') {
    return reject(at, `claim or no operation, since ${effect.type} happens to claims only`);
  }
  return operation;
};

const operationsOf: { readonly [Type in EffectType]: 'all' | 'claim' | 'none' } = {
  delay: 'all',
  error: 'all',
  reset: 'all',
  malformed: 'all',
  slowStart: 'none',
  startFailure: 'none',
  imageMissing: 'none',
  exitAfter: 'none',
  outOfMemory: 'none',
  hangingStop: 'none',
  poolExhausted: 'claim',
  dockerAway: 'all',
};

const effectTypes = Object.keys(operationsOf) as EffectType[];

const readMs: Reader<number> = integer(0);
const requiredMs = (field: Field): number => required(readMs, 'a whole number of milliseconds')(field('ms')) ?? 0;

const readStatus: Reader<(typeof errorStatuses)[number]> = (at) => {
  if (isAbsent(at)) return null;
  return errorStatuses.find((status) => status === at.value) ?? reject(at, `one of ${errorStatuses.join(', ')}`);
};

/** What each effect says besides its type. */
const readers: { readonly [Type in EffectType]: (field: Field) => Omit<EffectOf<Type>, 'type'> } = {
  delay: (field) => ({ ms: requiredMs(field) }),
  error: (field) => ({
    code: required(oneOf(faultCodes), 'a code such as 503.not-ready')(field('code')) ?? '500.unknown',
    ...given({ status: readStatus(field('status')) }),
  }),
  reset: (field) => given({ when: oneOf(['before', 'after'])(field('when')) }),
  malformed: (field) => given({ how: oneOf(['cut', 'html'])(field('how')) }),
  slowStart: (field) => ({ ms: requiredMs(field) }),
  startFailure: (field) => given({ reason: readString(field('reason')) }),
  imageMissing: () => ({}),
  exitAfter: (field) => given({ ms: readMs(field('ms')), code: integer(0, 255)(field('code')) }),
  outOfMemory: (field) => given({ ms: readMs(field('ms')) }),
  hangingStop: () => ({}),
  poolExhausted: () => ({}),
  dockerAway: (field) => given({ ms: readMs(field('ms')) }),
};

const readEffect: Reader<FaultEffect> = (at) => {
  if (!isPlainObject(at.value)) return reject(at, 'an object with a type');
  const type = required(oneOf(effectTypes), `one of ${effectTypes.join(', ')}`)(child(at, 'type'));
  if (type === null) return null;
  // The type says which reader, and so what it reads; the compiler cannot follow both at once.
  return readObject(at, { harmless: { type: 'any' } }, (field) => ({ type, ...readers[type](field) }) as FaultEffect);
};

/** The fields that were given: in an optional one, nothing is not null. */
const given = <Fields extends object>(fields: Fields): { [Name in keyof Fields]?: NonNullable<Fields[Name]> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as ReturnType<typeof given<Fields>>;
