import {
  type components,
  errorEffectCodeValues,
  errorEffectStatusValues,
  faultMatchOperationValues,
  malformedEffectHowValues,
  resetEffectWhenValues,
} from '../openapi/control-types.ts';
import type { operations } from '../openapi/wire-types.ts';
import { errorCodes } from '../shared/errors.ts';
import { isObjectId } from '../shared/ids.ts';
import { didYouMean } from '../shared/suggest.ts';
import { deepFreeze, isRecord } from '../shared/values.ts';
import { deferred, type Fields, field, passed, readFields, withVariants } from './reading/fields.ts';
import {
  type Cursor,
  child,
  describedBy,
  fraction,
  hidden,
  integer,
  isAbsent,
  listOf,
  oneOf,
  type Reader,
  readString,
  reject,
  required,
} from './reading/readers.ts';
import { Report, toProblemsError } from './reading/report.ts';

type Schemas = components['schemas'];

/** Something that is to go wrong, as docs/control-api.yaml has it. Without an ID it gets one. */
export type Fault = Schemas['Fault'];
export type FaultMatch = Schemas['FaultMatch'];
export type FaultEffect = Schemas['FaultEffect'];
export type FaultOperation = NonNullable<FaultMatch['operation']>;
export type EffectType = FaultEffect['type'];
/** What goes wrong between the caller and the scheduler, or the function. */
export type RequestEffect = Schemas[`${'Delay' | 'Error' | 'Reset' | 'Malformed' | 'BreakOff'}Effect`];

/** What the Scheduler API's description calls an operation, by the word in its path. */
export const operationOf: { readonly [Name in keyof operations]: FaultOperation } = {
  claimInstance: 'claim',
  spawnInstance: 'spawn',
  releaseInstance: 'release',
  getActiveInstances: 'active',
};

const longestId = 100;

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

const readFault = (at: Cursor, containers: readonly string[]): Fault | null => {
  const fault = readFields(at, faultFields);
  if (!fault?.effect || !fault.match) return null;
  const { id } = fault;
  if (id !== null && (id === '' || id.length > longestId)) {
    reject(child(at, 'id'), `an ID of 1 to ${longestId} characters, or none`);
  }
  const effect = required(readEffect, 'an object with a type')(fault.effect);
  const match = isAbsent(fault.match) ? null : readMatch(fault.match, containers, effect);
  return effect && { ...given({ id, match }), effect };
};

const readMatch = (at: Cursor, containers: readonly string[], effect: FaultEffect | null): FaultMatch | null => {
  const match = readFields(at, matchFields(containers, effect));
  return match && given(match);
};

const matchFields = (containers: readonly string[], effect: FaultEffect | null) => ({
  operation: field('word', readOperation(effect)),
  function: field('text', (inner) => readFunction(inner, containers)),
  // It looks like one, and may be one.
  token: field('text', hidden(readString)),
  nth: field('number', integer(1)),
  probability: field('number', fraction),
  times: field('number', integer(1)),
});

const readFunction = (at: Cursor, containers: readonly string[]): string | null => {
  const name = readString(at);
  if (name === null || containers.includes(name) || isObjectId(name)) return name;
  return reject(at, `a key of containers${didYouMean(name, containers)}`);
};

/** A fault that could never fire is a mistake: what happens to a container has no operation, and only claims look for instances. */
const readOperation = (effect: FaultEffect | null): Reader<FaultOperation> =>
  describedBy(readAnyOperation.schema, (at) => {
    const operation = readAnyOperation(at);
    if (operation === null || effect === null) return operation;
    const allowed = operationsOf[effect.type];
    if (allowed.includes(operation)) return operation;
    if (allowed.length === 0)
      return reject(at, `no operation, since ${effect.type} happens to a container, not to a request`);
    const alone = allowed.includes('claim') ? 'claims' : 'answers of functions';
    const these = allowed.length > 1 ? 'requests to the scheduler' : alone;
    return reject(at, `${allowed.join(', ')} or no operation, since ${effect.type} happens to ${these} only`);
  });

const readAnyOperation = oneOf(faultMatchOperationValues);

const ofScheduler = Object.values(operationOf);

const operationsOf: { readonly [Type in EffectType]: readonly FaultOperation[] } = {
  delay: faultMatchOperationValues,
  error: faultMatchOperationValues,
  reset: faultMatchOperationValues,
  malformed: ofScheduler,
  breakOff: ['pass-on'],
  slowStart: [],
  startFailure: [],
  imageMissing: [],
  exitAfter: [],
  outOfMemory: [],
  hangingStop: [],
  poolExhausted: ['claim'],
  dockerAway: ofScheduler,
};

const effectTypes = Object.keys(operationsOf) as EffectType[];

const ms = field('number', integer(0));
const requiredMs = field('number', required(integer(0), 'a whole number of milliseconds'), 'required');

/** What each effect has beside its type. */
const effectFields: { readonly [Type in EffectType]: Fields } = {
  delay: { ms: requiredMs },
  error: {
    code: field('word', required(oneOf(errorEffectCodeValues), 'a code such as 503.not-ready'), 'required'),
    status: field('number', oneOf(errorEffectStatusValues)),
  },
  reset: { when: field('word', oneOf(resetEffectWhenValues)) },
  breakOff: { bytes: field('number', required(integer(0), 'a whole number of bytes'), 'required') },
  malformed: { how: field('word', oneOf(malformedEffectHowValues)) },
  slowStart: { ms: requiredMs },
  startFailure: { reason: field('text', readString) },
  imageMissing: {},
  exitAfter: { ms, code: field('number', integer(0, 255)) },
  outOfMemory: { ms },
  hangingStop: {},
  poolExhausted: {},
  dockerAway: { ms },
};

const readEffectType = required(oneOf(effectTypes), `one of ${effectTypes.join(', ')}`);

export const faultFields = {
  id: field('text', readString),
  effect: withVariants(
    deferred('object', 'required', 'what happens', { type: field('word', readEffectType, 'required') }),
    'type',
    effectFields,
  ),
  match: deferred('object', 'every moment', 'when it happens', matchFields([], null)),
};

const readEffect: Reader<FaultEffect> = (at) => {
  if (!isRecord(at.value)) return reject(at, 'an object with a type');
  const type = readEffectType(child(at, 'type'));
  if (type === null) return null;
  const { type: _type, ...effect } = readFields(at, { type: passed('any'), ...effectFields[type] }) ?? {};
  // The type says which fields there are; the compiler cannot follow both at once.
  return { type, ...given(effect) } as FaultEffect;
};

/** The fields that were given: in an optional one, nothing is not null. */
const given = <Fields extends object>(fields: Fields): { [Name in keyof Fields]?: NonNullable<Fields[Name]> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as ReturnType<typeof given<Fields>>;

/**
 * Reads a fault that is armed at run time, in the words of a stack file. Throws an EmulatorError `badOption` that lists
 * all problems at once; an unknown field is one of them, since there is no file's reader to warn.
 */
export const parseFault = (input: unknown, containers: readonly string[]): Fault => {
  const report = new Report();
  const fault = readFault({ value: input ?? {}, path: [], report, hidden: false }, containers);
  const problems = [...report.problemLines('fault'), ...report.warningLines('fault').map((line) => `fault ${line}`)];
  if (fault !== null && problems.length === 0) return deepFreeze(fault);
  throw toProblemsError(errorCodes.badOption, { attempt: 'read a fault', remedy: 'Correct it' }, problems);
};
