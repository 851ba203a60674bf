import { CommanderError, InvalidArgumentError, Option } from 'commander';
import { parseFunctionsUrl } from '../emulator/functions-url.ts';
import { logBytesRange } from '../engine/service.ts';
import { toMessage } from '../shared/errors.ts';
import type { LoadOptions } from '../stack/load-stack.ts';
import { parseNetworkName, parseSize } from '../stack/values.ts';
import { parseVariableArguments } from '../stack/variables/stack-variables.ts';
import type { Connection } from './emulator-client.ts';
import { flag } from './flag.ts';
import { printError } from './output.ts';
import { openOption, uiOptions } from './ui-options.ts';

/** Only for what asks for it: every command would wait for it otherwise. */
const loadHttp = () => process.getBuiltinModule('node:http');

const parsePort = (text: string): number => {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('Give a number from 0 to 65535; 0 picks a free port.');
  return port;
};

export const parseCount = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Give a whole number, 0 or more.');
  return Number(text);
};

/** Commander shows what it refuses, and this may be a secret: so it is reported here, as bad usage. */
const unshown = <Value>(parse: () => Value): Value => {
  try {
    return parse();
  } catch (error) {
    printError(toMessage(error));
    throw new CommanderError(2, 'cycle-scheduler.unshown', toMessage(error));
  }
};

const portOption = (preset: number): Option =>
  flag('-p, --port <number>', 'port to listen on; 0 picks a free one', 'PORT').argParser(parsePort).default(preset);

const hostOption = flag('--host <address>', 'address to listen on', 'HOST').default('127.0.0.1');

const controlPortOption = flag(
  '--control-port <number>',
  'serve the control API on a port of its own; 0 picks a free one',
  'CONTROL_PORT',
).argParser(parsePort);

const gatewayPortOption = flag(
  '--gateway-port <number>',
  'port at which functions are served over HTTP; 0 picks a free one (default: 4290, or a free one where that is taken)',
  'GATEWAY_PORT',
).argParser(parsePort);

const gatewayRouteOption = flag(
  '--gateway-route <way>',
  'how requests get to functions: straight into their network, or by published ports (default: found out)',
  'GATEWAY_ROUTE',
).choices(['network', 'published']);

const instancePerOption = flag(
  '--instance-per <what>',
  'what an instance serves over HTTP: one request, or all requests of one connection (default: request)',
  'INSTANCE_PER',
).choices(['request', 'connection']);

const gatewayOption = flag('--no-gateway', 'serve no functions over HTTP', 'NO_GATEWAY');

const controlOption = flag('--no-control', 'serve no control API', 'NO_CONTROL');

const parseBytes =
  ({ least, most } = { least: 1, most: Number.MAX_SAFE_INTEGER }) =>
  (text: string): number => {
    const size = parseSize(text);
    if (!size.ok) throw new InvalidArgumentError(`Give ${size.expected}.`);
    if (size.value >= least && size.value <= most) return size.value;
    throw new InvalidArgumentError(`Give a size from ${least} to ${most} bytes.`);
  };

export const recordingLimitOption = flag(
  '--recording-limit <size>',
  "size limit of the control API's recording (default: 32M)",
  'RECORDING_LIMIT',
).argParser(parseBytes());

const runtimeOption = flag('--runtime <name>', 'what runs the functions; simulated runs no containers', 'RUNTIME')
  .choices(['docker', 'simulated'])
  .default('docker');

const profileOption = flag(
  '--profile <path>',
  'answer as a recorded scheduler does where public documents are silent (see contract record)',
  'PROFILE',
);

const pullOption = flag('--pull <policy>', 'when to pull or build images', 'PULL')
  .choices(['missing', 'never', 'always'])
  .default('missing');

const readyOption = (kind: 'hot' | 'warm'): Option => {
  const description = `${kind} instances of each function, unless the stack says how many`;
  return flag(`--${kind} <number>`, description, kind.toUpperCase()).argParser(parseCount);
};

const functionsUrlOption = flag(
  '--functions-url <url>',
  'URL at which functions reach the emulator, for an engine on another machine',
  'FUNCTIONS_URL',
).argParser((text) => unshown(() => parseFunctionsUrl(text).url));

const networkOption = flag(
  '--network <name>',
  "network of the engine that functions join (default: the stack's, else a network of their own)",
  'NETWORK',
).argParser((text) => {
  const parsed = parseNetworkName(text);
  if (parsed.ok) return parsed.value;
  throw new InvalidArgumentError(`Give ${parsed.expected}.`);
});

const dockerOption = flag('--docker <url>', 'Docker endpoint (default: as the docker CLI finds it)', 'DOCKER');

const keepOption = flag('--keep <which>', 'which containers to keep for inspection after their runs', 'KEEP')
  .choices(['never', 'failed', 'always'])
  .default('never');

export const logBytesOption = flag(
  '--log-bytes <size>',
  "size limit of a run's output that is kept for later readers (default: 16M)",
  'LOG_BYTES',
).argParser(parseBytes(logBytesRange));

const watchdogOption = flag(
  '--no-watchdog',
  'run without the process that cleans up when this one is killed',
  'NO_WATCHDOG',
);

const watchOption = flag(
  '--watch',
  'take over changes of the stack file, of Dockerfiles and of build contexts without a restart',
  'WATCH',
).default(false);

const stateOption = flag(
  '--state <file>',
  'file that keeps claims and running functions over restarts; created if missing',
  'STATE',
);

const withParentOption = flag(
  '--with-parent',
  'stop when the process that started this one has ended, or the pipe that is its stdin',
  'WITH_PARENT',
).default(false);

const logLevelOption = (preset: string): Option =>
  flag('--log-level <level>', 'how much to log', 'LOG_LEVEL')
    .choices(['silent', 'error', 'warn', 'info', 'debug'])
    .default(preset);

export const jsonOption = flag('--json', 'print one JSON object per line instead of text', 'JSON').default(false);

/** What every command against a running emulator takes. */
export type RemoteFlags = Connection & { readonly json: boolean };

/** The port that a `start` with this environment serves, as in the image. */
const ownPort = (port = process.env['CYCLE_SCHEDULER_PORT'] ?? ''): string => (/^[1-9]\d*$/.test(port) ? port : '4280');

const urlOption = new Option('--url <url>', 'URL of the emulator')
  .env('CYCLE_SCHEDULER_URL')
  .default(`http://127.0.0.1:${ownPort()}`);

const controlUrlOption = new Option('--control-url <url>', 'URL of its control API, if that has a port of its own').env(
  'CYCLE_SCHEDULER_CONTROL_URL',
);

const gatewayUrlOption = new Option(
  '--gateway-url <url>',
  'URL of its gateway (default: the host of --url, and the port that the emulator says)',
)
  .env('CYCLE_SCHEDULER_GATEWAY_URL')
  .argParser((text) => {
    if (URL.parse(text)?.protocol === 'http:') return text;
    throw new InvalidArgumentError('Write it like http://127.0.0.1:4290.');
  });

const parseMethod = (text: string): string => {
  const method = text.toUpperCase();
  if (loadHttp().METHODS.includes(method) && method !== 'CONNECT') return method;
  throw new InvalidArgumentError('Give a method of HTTP, such as GET or POST.');
};

const accessKeyOption = new Option('--access-key <secret>', "one of the stack's access keys").env('CYCLE_ACCESS_KEY');

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
const collectHeader = (text: string, before: readonly string[]): readonly string[] => {
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

/** What every command that reads a stack takes for it. */
export type StackFlags = { readonly root?: string; readonly var?: readonly string[]; readonly varFile?: string };

const rootOption = new Option(
  '--root <folder>',
  "folder in which the stack's context_dir and build_file start (default: the stack file's)",
).env('CYCLE_SCHEDULER_ROOT');

const collect = (argument: string, before: readonly string[] = []): readonly string[] => {
  const given = [...before, argument];
  unshown(() => parseVariableArguments(given));
  return given;
};

const variableOption = new Option(
  '--var <name=value>',
  'a value for {{name}} in the stack; may be given again (also CYCLE_STACK_VAR_<NAME>)',
).argParser(collect);

const variablesFileOption = new Option(
  '--var-file <path>',
  'YAML or JSON file of such values by name; --var overrides it',
).env('CYCLE_SCHEDULER_VAR_FILE');

export const toLoadOptions = ({ root, var: given, varFile }: StackFlags): LoadOptions => ({
  root,
  variables: given && parseVariableArguments(given),
  variablesFile: varFile,
});

const stackOptions = [rootOption, variableOption, variablesFileOption];

const emulatorOptions = (preset: { readonly port: number; readonly logLevel: string }): readonly Option[] => [
  ...stackOptions,
  ...[portOption(preset.port), hostOption, controlPortOption, controlOption, ...uiOptions, gatewayPortOption],
  ...[gatewayRouteOption, instancePerOption, gatewayOption, recordingLimitOption, runtimeOption, pullOption],
  ...[profileOption, readyOption('hot'), readyOption('warm'), networkOption, functionsUrlOption, dockerOption],
  ...[keepOption, logBytesOption, watchdogOption, logLevelOption(preset.logLevel), jsonOption],
];

const detachOption = new Option('--detach', 'go on alone once it is ready; its output goes to a file that it names')
  .conflicts('withParent')
  .default(false);

/** What commands take, each in the order of its help. */
export const startOptions = [
  ...emulatorOptions({ port: 4280, logLevel: 'info' }),
  ...[openOption, watchOption, stateOption, withParentOption, detachOption],
];
/** A run of a command begins clean, and its output is to be seen. */
export const execOptions = emulatorOptions({ port: 0, logLevel: 'warn' });
export const checkOptions = [
  new Option('--strict', 'fail on warnings, too').default(false),
  ...stackOptions,
  jsonOption,
];
export const initOptions = [
  new Option('-o, --output <file>', 'where to write the stack, - for stdout (default: stack.yaml beside its source)'),
  new Option('--force', 'replace the file').default(false),
];
export const pruneOptions = [
  new Option('--all', 'also those of emulators that still run, here or on other machines').default(false),
  new Option('--images', 'also the images that emulators have built and no container uses').default(false),
  new Option('--dry-run', 'only print what would be removed').default(false),
  ...[dockerOption, jsonOption],
];
export const doctorOptions = [...stackOptions, portOption(4280), hostOption, dockerOption, jsonOption];
export const remoteOptions = [urlOption, controlUrlOption, accessKeyOption, jsonOption];
export const fetchOptions = [
  new Option('-X, --method <method>', 'method of the request (default: GET, or POST with --data)').argParser(
    parseMethod,
  ),
  new Option('-H, --header <name: value>', 'a header of the request; may be given again')
    .argParser(collectHeader)
    .default([]),
  new Option('-d, --data <text>', 'body of the request; @file is what a file has, @- the standard input'),
  new Option('-i, --include', 'print status and headers before the body').conflicts('json').default(false),
  ...[urlOption, controlUrlOption, gatewayUrlOption, accessKeyOption, jsonOption],
];
export const replayOptions = [portOption(4280), hostOption, accessKeyOption, logLevelOption('info'), jsonOption];
