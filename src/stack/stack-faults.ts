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
import type { Fault } from './model.ts';
import { Cursor, noContext } from './reading/cursor.ts';
import {
  type Fields,
  field,
  fitting,
  fraction,
  hidden,
  integer,
  listOf,
  oneOf,
  passed,
  type Reader,
  readBy,
  readFields,
  readString,
  required,
  text,
} from './reading/fields.ts';
import { Report, toProblemsError } from './reading/report.ts';
import { isOneLine } from './values.ts';

type Schemas = components['schemas'];

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

const parseFaultId = fitting(
  (id) => id !== '' && id.length <= longestId && isOneLine(id),
  `an ID of 1 to ${longestId} characters without control characters such as line breaks, or none`,
);

/** Reads `emulator.faults`. The same words say what goes wrong in a file, in code and over HTTP. */
export const readFaults = (at: Cursor): readonly Fault[] => {
  const faults = listOf(readFault)(at);
  const taken = new Set<string>();
  for (const [index, { id }] of faults.entries()) {
    if (id !== undefined && taken.has(id)) {
      at.with({ value: id, path: [...at.path, index, 'id'] }).reject('an ID that no other fault has');
    }
    if (id !== undefined) taken.add(id);
  }
  return faults;
};

const readFault: Reader<Fault> = (at) => {
  const { id = null, effect = null, match = null } = readFields(at, faultFields) ?? {};
  if (effect === null) return null;
  checkOperation(at.child('match', 'operation'), match?.operation, effect);
  return { ...given({ id, match }), effect };
};

/** A fault that could never fire is a mistake: what happens to a container has no operation, and only claims look for instances. */
const checkOperation = (at: Cursor, operation: FaultOperation | undefined, { type }: FaultEffect): void => {
  const allowed = operationsOf[type];
  if (operation === undefined || allowed.includes(operation)) return;
  if (allowed.length === 0) {
    at.reject(`no operation, since ${type} happens to a container, not to a request`);
    return;
  }
  const alone = allowed.includes('claim') ? 'claims' : 'answers of functions';
  const these = allowed.length > 1 ? 'requests to the scheduler' : alone;
  at.reject(`${allowed.join(', ')} or no operation, since ${type} happens to ${these} only`);
};

const readMatch: Reader<FaultMatch> = (at) => {
  const match = at.isAbsent ? null : readFields(at, matchFields);
  return match && given(match);
};

const readFunction: Reader<string> = (at) => {
  const name = readString(at);
  const containers = at.context.containers ?? [];
  if (name === null || containers.includes(name) || isObjectId(name)) return name;
  const names = containers.slice(0, 20).join(', ') || 'it has none';
  return at.reject(`a key of containers: ${names}${didYouMean(name, containers)}`);
};

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

const readEffectType = oneOf(effectTypes);

const readEffect: Reader<FaultEffect> = (at) => {
  if (!isRecord(at.value)) return at.reject('an object with a type');
  const type = readEffectType(at.child('type'));
  if (type === null) return null;
  const { type: _type, ...effect } = readFields(at, { type: passed('any'), ...effectFields[type] }) ?? {};
  // The type says which fields there are; the compiler cannot follow both at once.
  return { type, ...given(effect) } as FaultEffect;
};

/** The fields that were given: in an optional one, nothing is not null. */
const given = <Fields extends object>(fields: Fields): { [Name in keyof Fields]?: NonNullable<Fields[Name]> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as ReturnType<typeof given<Fields>>;

const matchFields = {
  operation: field('word', oneOf(faultMatchOperationValues)),
  function: field('text', readFunction),
  // It looks like one, and may be one.
  token: field('text', hidden(readString)),
  nth: field('number', integer(1)),
  probability: field('number', fraction),
  times: field('number', integer(1)),
};

export const faultFields = {
  id: field('text', text(parseFaultId)),
  effect: {
    ...readBy(readEffect, { type: field('word', readEffectType, 'required') }, 'required').about('what happens'),
    variants: { on: 'type', fields: effectFields },
  },
  match: readBy(readMatch, matchFields, 'every moment').about('when it happens'),
};

/**
 * Reads a fault that is armed at run time, in the words of a stack file. Throws an EmulatorError `badOption` that lists
 * all problems at once; an unknown field is one of them, since there is no file's reader to warn.
 */
export const parseFault = (input: unknown, containers: readonly string[]): Fault => {
  const report = new Report();
  const fault = readFault(new Cursor({ value: input ?? {}, report, context: { ...noContext, containers } }));
  const problems = [...report.problemLines('fault'), ...report.warningLines('fault').map((line) => `fault ${line}`)];
  if (fault !== null && problems.length === 0) return deepFreeze(fault);
  throw toProblemsError(errorCodes.badOption, { attempt: 'read a fault', remedy: 'Correct it' }, problems);
};
