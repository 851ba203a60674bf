import { join } from 'node:path';
import { CommanderError, InvalidArgumentError, Option } from 'commander';
import type { EmulatorEvent } from '../emulator/public-types.ts';
import { findKeyFault } from '../shared/access-key.ts';
import { toMessage } from '../shared/errors.ts';
import { packageRoot } from '../shared/package.ts';
import { didYouMean } from '../shared/suggest.ts';
import { isRecord } from '../shared/values.ts';
import type { LoadOptions } from '../stack/load-stack.ts';
import type { Parsed } from '../stack/reading/fields.ts';
import { parseDuration } from '../stack/values.ts';
import { parseVariableArguments } from '../stack/variables/stack-variables.ts';
import type { Connection } from './client/emulator-client.ts';
import { printError } from './output.ts';

/** Only for what asks for it: every command would wait for it otherwise. */
const loadHttp = () => process.getBuiltinModule('node:http');

/** A flag with an environment variable of its name, which counts where the flag is not given. */
export const flag = (flags: string, description: string): Option => {
  const option = new Option(flags, description);
  return option.env(`CYCLE_SCHEDULER_${(option.long ?? '').slice(2).replaceAll('-', '_').toUpperCase()}`);
};

/** The text, where it is one that fits; else the advice becomes an error. */
const accept = (text: string, fits: boolean, advice: string): string => {
  if (fits) return text;
  throw new InvalidArgumentError(advice);
};

export const parsePort = (text: string): number => {
  const isPort = /^\d+$/.test(text) && Number(text) <= 65_535;
  return Number(accept(text, isPort, 'Give a number from 0 to 65535; 0 picks a free port.'));
};

export const parseCount = (text: string): number =>
  Number(accept(text, /^\d{1,9}$/.test(text), 'Give a whole number, 0 or more.'));

/** What a text was understood as; of one that was not, the expectation becomes the advice. */
export const understood = <Value>(parsed: Parsed<Value>): Value => {
  if (parsed.ok) return parsed.value;
  throw new InvalidArgumentError(`Give ${parsed.expected}.`);
};

export const parseTime = (text: string): number => understood(parseDuration(text));

export const parseId = (text: string): string =>
  accept(text, /^\d{1,15}$/.test(text), 'Give the number of a request: requests lists them.');

/** The path of no fault would be that of all, and a URL cannot end with a step that leads up. */
export const parseFaultId = (text: string): string =>
  accept(text, !['', '.', '..'].includes(text), 'Give the ID of a fault: faults lists them.');

/** A fault as control API and fixtures have it. */
export const parseFault = (text: string): object => {
  try {
    const fault: unknown = JSON.parse(text);
    if (isRecord(fault)) return fault;
  } catch {
    // What is no JSON gets the error below, as what is no object does.
  }
  throw new InvalidArgumentError('Write a JSON object such as {"effect":{"type":"delay","ms":500}}.');
};

/** By the types of the emulator's events, so that none is forgotten. */
const eventNames = {
  ...{ 'claim.queued': 0, 'claim.abandoned': 0, 'claim.timed-out': 0, 'claim.dismissed': 0 },
  ...{ 'instance.available': 0, 'instance.claimed': 0, 'instance.claim-expired': 0, 'instance.starting': 0 },
  ...{ 'instance.running': 0, 'instance.ready': 0, 'instance.stopping': 0, 'instance.ended': 0 },
  ...{ 'container.instance.function.max_runtime': 0, 'container.instance.start.failed': 0 },
  ...{ 'container.instance.error': 0, 'container.instance.healthcheck.failed': 0 },
  ...{ 'container.instance.healthcheck.recovered': 0, 'container.instance.healthcheck.restarted': 0 },
  ...{ 'container.instances.autoscale.up': 0, 'container.instances.autoscale.down': 0 },
  ...{ 'fault.fired': 0, 'linked.request': 0, 'stack.reloaded': 0, 'events.missed': 0 },
} satisfies Readonly<Record<EmulatorEvent['name'] | 'events.missed', 0>>;

export const parseEventName = (text: string): string => {
  const names = Object.keys(eventNames);
  const hint = didYouMean(text, names) || '.';
  return accept(text, names.includes(text), `No event has this name${hint} There are ${names.join(', ')}.`);
};

export const parseMethod = (text: string): string => {
  const method = text.toUpperCase();
  const isMethod = loadHttp().METHODS.includes(method) && method !== 'CONNECT';
  return accept(method, isMethod, 'Give a method of HTTP, such as GET or POST.');
};

export const parseGatewayUrl = (text: string): string =>
  accept(text, URL.parse(text)?.protocol === 'http:', 'Write it like http://127.0.0.1:4290.');

/** `--env K=V`, as often as wanted. */
export const collectVariable = (
  text: string,
  before: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Write it as NAME=value.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
};

/** `-H 'Name: value'`, as often as wanted: names and values in turn. */
export const collectHeader = (text: string, before: readonly string[]): readonly string[] => {
  const [, name = '', value = ''] = /^([^:]+):\s*(.*?)\s*$/s.exec(text) ?? [];
  return unshown(() => {
    try {
      loadHttp().validateHeaderName(name);
      loadHttp().validateHeaderValue(name, value);
    } catch {
      throw new InvalidArgumentError("Failed to read --header: a value of it is no header. Write 'Name: value'.");
    }
    return [...before, name, value];
  });
};

/** Commander shows what it refuses, and this may be a secret: so it is reported here, as bad usage. */
export const unshown = <Value>(parse: () => Value): Value => {
  try {
    return parse();
  } catch (error) {
    printError(toMessage(error));
    throw new CommanderError(2, 'cycle-scheduler.unshown', toMessage(error));
  }
};

export const jsonOption = flag('--json', 'print one JSON object per line instead of text').default(false);
export const hostOption = flag('--host <address>', 'address to listen on').default('127.0.0.1');
export const dockerOption = flag('--docker <url>', 'Docker endpoint (default: as the docker CLI finds it)');

export const portOption = (preset: number): Option =>
  flag('-p, --port <number>', 'port to listen on; 0 picks a free one').argParser(parsePort).default(preset);

export const logLevelOption = (preset: string): Option =>
  flag('--log-level <level>', 'how much to log').choices(['silent', 'error', 'warn', 'info', 'debug']).default(preset);

export const helloStack = join(packageRoot, 'fixtures', 'hello.yaml');

/** What every command that reads a stack takes for it. */
export type StackFlags = {
  readonly root?: string | undefined;
  readonly var?: readonly string[] | undefined;
  readonly varFile?: string | undefined;
};

const collect = (argument: string, before: readonly string[] = []): readonly string[] => {
  const given = [...before, argument];
  unshown(() => parseVariableArguments(given));
  return given;
};

export const stackOptions = [
  flag('--root <folder>', "folder in which the stack's context_dir and build_file start (default: the stack file's)"),
  new Option(
    '--var <name=value>',
    'a value for {{name}} in the stack; may be given again (also CYCLE_STACK_VAR_<NAME>)',
  ).argParser(collect),
  flag('--var-file <path>', 'YAML or JSON file of such values by name; --var overrides it'),
];

export const toLoadOptions = ({ root, var: given, varFile }: StackFlags): LoadOptions => ({
  root,
  variables: given && parseVariableArguments(given),
  variablesFile: varFile,
});

/** What every command against a running emulator takes. */
export type RemoteFlags = Connection & { readonly json: boolean };

/** The port that a `start` with this environment serves, as in the image. */
const ownPort = (port = process.env['CYCLE_SCHEDULER_PORT'] ?? ''): string => (/^[1-9]\d*$/.test(port) ? port : '4280');

/** The key of a request; an empty one counts as none. */
const parseAccessKey = (text: string): string => {
  const fault = findKeyFault(text);
  if (fault === null) return text;
  const remedy = "Give one of the stack's access keys with --access-key or CYCLE_ACCESS_KEY.";
  return unshown(() => {
    throw new InvalidArgumentError(`Failed to read the access key: ${fault}. ${remedy}`);
  });
};

export const accessKeyOption = new Option('--access-key <secret>', "one of the stack's access keys")
  .env('CYCLE_ACCESS_KEY')
  .argParser(parseAccessKey);
export const urlOptions = [
  flag('--url <url>', 'URL of the emulator').default(`http://127.0.0.1:${ownPort()}`),
  flag('--control-url <url>', 'URL of its control API, if that has a port of its own'),
];
export const remoteOptions = [...urlOptions, accessKeyOption, jsonOption];
