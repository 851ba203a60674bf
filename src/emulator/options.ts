import { randomBytes } from 'node:crypto';
import { logBytesRange } from '../engine/service.ts';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
import { renderValue } from '../shared/render-value.ts';
import { didYouMean } from '../shared/suggest.ts';
import { isRecord } from '../shared/values.ts';
import { refusesAll } from '../stack/access-keys.ts';
import { loadRawStack, loadStack, type RawStack } from '../stack/load-stack.ts';
import type { Stack } from '../stack/model.ts';
import { networkNameRule, parseNetworkName } from '../stack/values.ts';
import { hostNameRule, isHostName } from '../ui/page-hosts.ts';
import type { EmulatorOptions, InvokeOptions } from './public-types.ts';
import type { ReloadOptions } from './reload-types.ts';

/** Whether a value is one, and what one is, in words. */
type Kind = readonly [is: (value: unknown) => boolean, expected: string];

const hasMethods = (value: unknown, ...names: readonly string[]): boolean =>
  isRecord(value) && names.every((name) => typeof value[name] === 'function');
const isText = (value: unknown): value is string => typeof value === 'string';
const isPath = (value: unknown): boolean => isText(value) && value !== '';

const switched: Kind = [(value) => typeof value === 'boolean', 'true or false'];
const text: Kind = [isText, 'a string'];
const wholeFrom = (least: number, most = Number.MAX_SAFE_INTEGER): Kind => [
  (value) => Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most,
  `a whole number from ${least}${most === Number.MAX_SAFE_INTEGER ? '' : ` to ${most}`}`,
];
const oneOf = (...words: readonly string[]): Kind => [
  (value) => words.some((word) => word === value),
  `one of ${words.join(', ')}`,
];
const port = wholeFrom(0, 65_535);

const signal: Kind = [(value) => isRecord(value) && typeof value['aborted'] === 'boolean', 'an AbortSignal'];

const kinds: { readonly [Name in keyof Required<EmulatorOptions>]: Kind } = {
  stack: [(value) => isPath(value) || isRecord(value), 'the path of a stack file, or a stack as an object'],
  root: [isPath, 'the path of a folder'],
  variables: [isRecord, 'an object of values by name'],
  variablesFile: [isPath, 'the path of a file'],
  runtime: oneOf('docker', 'simulated'),
  port,
  host: text,
  profile: [isRecord, 'a profile, as contract record writes it'],
  control: switched,
  controlPort: port,
  ui: switched,
  uiHosts: [
    (value) => Array.isArray(value) && value.every((host) => isText(host) && isHostName(host)),
    `a list of names: ${hostNameRule}`,
  ],
  gateway: switched,
  gatewayPort: [
    (value) => port[0](value) || (isRecord(value) && port[0](value['preferred'])),
    `${port[1]}, or { preferred: <number> }`,
  ],
  gatewayRoute: oneOf('network', 'published'),
  instancePer: oneOf('request', 'connection'),
  recordingLimitBytes: wholeFrom(1),
  pull: oneOf('missing', 'never', 'always'),
  hot: wholeFrom(0),
  warm: wholeFrom(0),
  functionsUrl: text,
  network: [(value) => isText(value) && parseNetworkName(value).ok, networkNameRule],
  logBytes: wholeFrom(logBytesRange.least, logBytesRange.most),
  docker: text,
  keep: oneOf('never', 'failed', 'always'),
  watchdog: switched,
  state: [isPath, 'the path of a file'],
  clock: [(value) => hasMethods(value, 'now', 'alarm', 'advance', 'freeze', 'resume'), 'a clock of createMovableClock'],
  logger: [(value) => hasMethods(value, 'info', 'warn', 'error'), 'a logger with info, warn and error, such as pino'],
  onImageProgress: [(value) => typeof value === 'function', 'a function'],
  onStopRequest: [(value) => typeof value === 'function', 'a function'],
  signal,
};

const invokeKinds: { readonly [Name in keyof Required<InvokeOptions>]: Kind } = {
  env: [isRecord, 'an object of strings by name'],
  token: text,
  until: [
    (value) => value === 'exit' || (isRecord(value) && wholeFrom(1, 65_535)[0](value['port'])),
    '"exit" or { port: <number> }',
  ],
  signal,
  onOutput: [(value) => typeof value === 'function', 'a function'],
};

/**
 * Looks at options that no compiler may have looked at. One that is undefined counts as left out.
 *
 * @throws EmulatorError `badOption` that lists all problems
 */
export const checkOptions = (options: EmulatorOptions): void => {
  const given: object = isRecord(options) ? options : {};
  check(kinds, { stack: undefined, ...given }, 'start an emulator', 'startEmulator');
};

/** The same for options of `invoke`, before an instance is claimed. */
export const checkInvokeOptions = (name: string, options: InvokeOptions): void =>
  check(invokeKinds, options, `invoke ${name}`, 'invoke');

const reloadKinds: { readonly [Name in keyof Required<ReloadOptions & { readonly stack: unknown }>]: Kind } = {
  stack: kinds.stack,
  rebuild: [(value) => Array.isArray(value) && value.every(isText), 'a list of names'],
};

/** The same for a reload. */
export const checkReload = (stack: unknown, options: ReloadOptions): void =>
  check(reloadKinds, { ...options, stack }, 'reload the stack', 'reload');

const check = (known: Readonly<Record<string, Kind>>, given: object, attempt: string, caller: string): void => {
  const problems = Object.entries(given).flatMap(([name, value]) => {
    const problem = findProblem(known, name, value);
    return problem === null ? [] : [`option "${name}": ${problem}`];
  });
  if (problems.length === 0) return;
  const reason = problems.join('; ');
  throw new EmulatorError(
    errorCodes.badOption,
    `Failed to ${attempt}: ${reason}${reason.endsWith('?') ? '' : '.'} Correct the options of ${caller}.`,
  );
};

const findProblem = (known: Readonly<Record<string, Kind>>, name: string, value: unknown): string | null => {
  const kind = Object.hasOwn(known, name) ? known[name] : undefined;
  if (kind === undefined) return `unknown${didYouMean(name, Object.keys(known))}`;
  const [is, expected] = kind;
  if (value === undefined) return name === 'stack' ? `missing, expected ${expected}` : null;
  return is(value) ? null : `got ${show(name, value)}, expected ${expected}`;
};

/** An endpoint may hold a password, and variables any secret. */
const show = (name: string, value: unknown): string =>
  typeof value === 'function' ? 'a function' : renderValue(value, { hidden: name === 'docker' || name === 'env' });

/**
 * The stack a user means: by its path, as an object like the file's content, or read before. Warnings about one that is
 * read here go to the logger, and to the process where there is none; `loadStack` answers them with the stack.
 */
export const resolveStack = async (options: EmulatorOptions): Promise<Stack> => {
  const { stack, root, variables, variablesFile, logger, signal } = options;
  if (typeof stack !== 'string' && isRead(stack)) {
    for (const name of ['root', 'variables', 'variablesFile'] as const) {
      if (options[name] !== undefined) throw readAlready(name);
    }
    return stack;
  }
  const load = { root, variables, variablesFile, signal };
  const read =
    typeof stack === 'string' ? await loadStack(stack, load) : withAccessKey(await loadRawStack(stack, load));
  for (const warning of read.warnings) {
    if (logger === undefined) process.emitWarning(warning, { type: 'CycleStackWarning' });
    else logger.warn({}, warning);
  }
  return read;
};

const readAlready = (option: string): EmulatorError =>
  new EmulatorError(
    errorCodes.badOption,
    `Failed to use the option "${option}": the stack has been read already. Give it to loadStack.`,
  );

/** No section of a stack file is called `functions` or `serverId`, and what has been read has no `containers`. */
export const isRead = (stack: RawStack | Stack): stack is Stack =>
  'serverId' in stack && 'functions' in stack && !('containers' in stack);

export const madeKeyName = 'made for this emulator';

/** A stack in code has its emulator at hand, whose `accessKey` is the key that was made (our choice). */
const withAccessKey = (stack: Stack): Stack =>
  stack.accessKeys.length > 0
    ? stack
    : {
        ...stack,
        accessKeys: [{ name: madeKeyName, secret: randomBytes(16).toString('hex'), ips: [] }],
        warnings: stack.warnings.filter((warning) => !warning.endsWith(refusesAll)),
      };
