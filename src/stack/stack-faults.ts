import type { components } from '../openapi/control-types.ts';
import type { operations } from '../openapi/wire-types.ts';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
import { isObjectId } from '../shared/ids.ts';
import { didYouMean } from '../shared/suggest.ts';
import { deepFreeze, isRecord } from '../shared/values.ts';
import { type Cursor, child, isAbsent, reject } from './reading/cursor.ts';
import { deferred, type Fields, field, passed, readFields } from './reading/fields.ts';
import { fraction, hidden, integer, listOf, oneOf, type Reader, readString, required } from './reading/readers.ts';
import { Report } from './reading/report.ts';

type Schemas = components['schemas'];

/** Something that is to go wrong, as docs/control-api.yaml has it. Without an ID it gets one. */
export type Fault = Schemas['Fault'];
export type FaultMatch = Schemas['FaultMatch'];
export type FaultEffect = Schemas['FaultEffect'];
export type FaultOperation = NonNullable<FaultMatch['operation']>;
export type EffectType = FaultEffect['type'];
/** What goes wrong between the caller and the scheduler, or the function. */
export type RequestEffect = Schemas[`${'Delay' | 'Error' | 'Reset' | 'Malformed' | 'BreakOff'}Effect`];
type ErrorEffect = Schemas['ErrorEffect'];

/** What the Scheduler API's description calls an operation, by the word in its path. */
export const operationOf: { readonly [Name in keyof operations]: FaultOperation } = {
  claimInstance: 'claim',
  spawnInstance: 'spawn',
  releaseInstance: 'release',
  getActiveInstances: 'active',
};

/** Every status of the public description. */
const errorStatuses = [
  400, 401, 403, 404, 409, 415, 422, 500, 501, 502, 503, 504,
] as const satisfies readonly ErrorEffect['status'][];

/** The codes a caller of a scheduler may meet; the platform's others are about things a scheduler does not have. */
const faultCodes = [
  '400.invalid-syntax',
  '401.auth-expired',
  '401.auth-invalid',
  '403.expired',
  '403.invalid-ip',
  '403.invalid-state',
  '403.mismatch',
  '403.not-allowed',
  '403.not-ready',
  '403.permissions',
  '404.container',
  '404.instance',
  '404.uri',
  '409.duplicate-found',
  '415.invalid-content-type',
  '422.already-exists',
  '422.invalid-argument',
  '422.invalid-input',
  '422.max-exceeded',
  '422.missing-argument',
  '422.not-compatible',
  '429.rate-limiting',
  '500.database',
  '500.unknown',
  '503.dependency-not-enabled',
  '503.not-enabled',
  '503.not-ready',
  '504.not-available',
] as const satisfies readonly ErrorEffect['code'][];

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

const faultFields = {
  id: field('text', readString),
  effect: deferred('object'),
  match: deferred('object'),
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
  const match = readFields(at, {
    operation: field('word', (inner) => readOperation(inner, effect)),
    function: field('text', (inner) => readFunction(inner, containers)),
    // It looks like one, and may be one.
    token: field('text', hidden(readString)),
    nth: field('number', integer(1)),
    probability: field('number', fraction),
    times: field('number', integer(1)),
  });
  return match && given(match);
};

const readFunction = (at: Cursor, containers: readonly string[]): string | null => {
  const name = readString(at);
  if (name === null || containers.includes(name) || isObjectId(name)) return name;
  return reject(at, `a key of containers${didYouMean(name, containers)}`);
};

/** A fault that could never fire is a mistake: what happens to a container has no operation, and only claims look for instances. */
const readOperation = (at: Cursor, effect: FaultEffect | null): FaultMatch['operation'] | null => {
  const operation = oneOf(allOperations)(at);
  if (operation === null || effect === null) return operation;
  const allowed = operationsOf[effect.type];
  if (allowed.includes(operation)) return operation;
  if (allowed.length === 0)
    return reject(at, `no operation, since ${effect.type} happens to a container, not to a request`);
  const alone = allowed.includes('claim') ? 'claims' : 'answers of functions';
  const these = allowed.length > 1 ? 'requests to the scheduler' : alone;
  return reject(at, `${allowed.join(', ')} or no operation, since ${effect.type} happens to ${these} only`);
};

const ofScheduler = Object.values(operationOf);
const allOperations = [...ofScheduler, 'reach', 'pass-on'] as const satisfies readonly FaultOperation[];

const operationsOf: { readonly [Type in EffectType]: readonly FaultOperation[] } = {
  delay: allOperations,
  error: allOperations,
  reset: allOperations,
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

const readStatus: Reader<(typeof errorStatuses)[number]> = (at) => {
  if (isAbsent(at)) return null;
  return errorStatuses.find((status) => status === at.value) ?? reject(at, `one of ${errorStatuses.join(', ')}`);
};

const ms = field('number', integer(0));
const requiredMs = field('number', required(integer(0), 'a whole number of milliseconds'));

/** What each effect has beside its type. */
const effectFields: { readonly [Type in EffectType]: Fields } = {
  delay: { ms: requiredMs },
  error: {
    code: field('word', required(oneOf(faultCodes), 'a code such as 503.not-ready')),
    status: field('number', readStatus),
  },
  reset: { when: field('word', oneOf(['before', 'after'])) },
  breakOff: { bytes: field('number', required(integer(0), 'a whole number of bytes')) },
  malformed: { how: field('word', oneOf(['cut', 'html'])) },
  slowStart: { ms: requiredMs },
  startFailure: { reason: field('text', readString) },
  imageMissing: {},
  exitAfter: { ms, code: field('number', integer(0, 255)) },
  outOfMemory: { ms },
  hangingStop: {},
  poolExhausted: {},
  dockerAway: { ms },
};

const readEffect: Reader<FaultEffect> = (at) => {
  if (!isRecord(at.value)) return reject(at, 'an object with a type');
  const type = required(oneOf(effectTypes), `one of ${effectTypes.join(', ')}`)(child(at, 'type'));
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
  throw new EmulatorError(
    errorCodes.badOption,
    [
      `Failed to read a fault: it has ${problems.length === 1 ? 'one problem' : `${problems.length} problems`}. Correct it:`,
      ...problems,
    ].join('\n'),
  );
};
