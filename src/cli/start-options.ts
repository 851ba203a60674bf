import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseFunctionsUrl } from '../emulator/functions-url.ts';
import { logBytesRange } from '../engine/service.ts';
import { parseNetworkName, parseSize } from '../stack/values.ts';
import { hostNameRule, isHostName } from '../ui/page-hosts.ts';
import {
  dockerOption,
  flag,
  hostOption,
  jsonOption,
  logLevelOption,
  parseCount,
  parsePort,
  portOption,
  stackOptions,
  understood,
  unshown,
} from './options.ts';

const parseBytes =
  ({ least, most } = { least: 1, most: Number.MAX_SAFE_INTEGER }) =>
  (text: string): number => {
    const size = understood(parseSize(text));
    if (size >= least && size <= most) return size;
    throw new InvalidArgumentError(`Give a size from ${least} to ${most} bytes.`);
  };

/** In the environment, several names stand with commas between them. */
const collectHosts = (text: string, before: readonly string[] = []): readonly string[] => {
  const names = text.split(',').map((name) => name.trim());
  if (names.every(isHostName)) return [...before, ...names];
  throw new InvalidArgumentError(`Give ${hostNameRule}.`);
};

const readyOption = (kind: 'hot' | 'warm'): Option =>
  flag(`--${kind} <number>`, `${kind} instances of each function, unless the stack says how many`).argParser(
    parseCount,
  );

const emulatorOptions = (preset: { readonly port: number; readonly logLevel: string }): readonly Option[] => [
  ...stackOptions,
  portOption(preset.port),
  hostOption,
  flag('--control-port <number>', 'serve the control API on a port of its own; 0 picks a free one').argParser(
    parsePort,
  ),
  flag('--no-control', 'serve no control API'),
  flag('--no-ui', 'serve no page at /_emulator/ui'),
  flag(
    '--ui-host <name>',
    'a name under which the page is served beside addresses and localhost; may be given again',
  ).argParser(collectHosts),
  flag(
    '--gateway-port <number>',
    'port at which functions are served over HTTP; 0 picks a free one (default: 4290, or a free one where that is taken)',
  ).argParser(parsePort),
  flag(
    '--gateway-route <way>',
    'how requests get to functions: straight into their network, or by published ports (default: found out)',
  ).choices(['network', 'published']),
  flag(
    '--instance-per <what>',
    'what an instance serves over HTTP: one request, or all requests of one connection (default: request)',
  ).choices(['request', 'connection']),
  flag('--no-gateway', 'serve no functions over HTTP'),
  flag('--recording-limit <size>', "size limit of the control API's recording (default: 32M)").argParser(parseBytes()),
  flag('--runtime <name>', 'what runs the functions; simulated runs no containers')
    .choices(['docker', 'simulated'])
    .default('docker'),
  flag('--pull <policy>', 'when to pull or build images').choices(['missing', 'never', 'always']).default('missing'),
  flag(
    '--profile <path>',
    'answer as a recorded scheduler does where public documents are silent (see contract record)',
  ),
  readyOption('hot'),
  readyOption('warm'),
  flag(
    '--network <name>',
    "network of the engine that functions join (default: the stack's, else a network of their own)",
  ).argParser((text) => understood(parseNetworkName(text))),
  flag(
    '--functions-url <url>',
    'URL at which functions reach the emulator, for an engine on another machine',
  ).argParser((text) => unshown(() => parseFunctionsUrl(text).url)),
  dockerOption,
  flag('--keep <which>', 'which containers to keep for inspection after their runs')
    .choices(['never', 'failed', 'always'])
    .default('never'),
  flag('--log-bytes <size>', "size limit of a run's output that is kept for later readers (default: 16M)").argParser(
    parseBytes(logBytesRange),
  ),
  flag('--no-watchdog', 'run without the process that cleans up when this one is killed'),
  logLevelOption(preset.logLevel),
  jsonOption,
];

export const startOptions = [
  ...emulatorOptions({ port: 4280, logLevel: 'info' }),
  flag('--open', 'open the page in a browser').default(false),
  flag(
    '--watch',
    'take over changes of the stack file, of Dockerfiles and of build contexts without a restart',
  ).default(false),
  flag('--state <file>', 'file that keeps claims and running functions over restarts; created if missing'),
  flag('--with-parent', 'stop when the process that started this one has ended, or the pipe that is its stdin').default(
    false,
  ),
  new Option('--detach', 'go on alone once it is ready; its output goes to a file that it names')
    .conflicts('withParent')
    .default(false),
];
/** A run of a command begins clean, and its output is to be seen. */
export const execOptions = emulatorOptions({ port: 0, logLevel: 'warn' });

type Values = Readonly<Record<string, unknown>>;

/** Which flags of `start` say nothing beside which others, by the names of commander. */
const idle: readonly {
  readonly flags: readonly string[];
  readonly beside: (values: Values) => boolean;
  readonly why: string;
}[] = [
  {
    flags: ['pull', 'network', 'functionsUrl', 'docker', 'keep', 'watchdog', 'gatewayPort', 'gatewayRoute', 'gateway'],
    beside: ({ runtime }) => runtime === 'simulated',
    why: 'the simulated runtime runs no containers',
  },
  {
    flags: ['gatewayPort', 'gatewayRoute'],
    beside: ({ gateway, runtime }) => gateway === false && runtime !== 'simulated',
    why: '--no-gateway serves no functions over HTTP',
  },
  {
    flags: ['controlPort', 'recordingLimit', 'ui', 'uiHost', 'open'],
    beside: ({ control }) => control === false,
    why: '--no-control serves no control API',
  },
  {
    flags: ['uiHost', 'open'],
    beside: ({ control, ui }) => control !== false && ui === false,
    why: '--no-ui serves no page',
  },
];

/** Only what the command line itself gives: variables are often set for many commands at once. */
export const findWithoutEffect = (start: Command): readonly string[] => {
  const values = start.opts();
  return idle
    .filter(({ beside }) => beside(values))
    .flatMap(({ flags, why }) =>
      start.options
        .filter((option) => flags.includes(option.attributeName()))
        .filter((option) => start.getOptionValueSource(option.attributeName()) === 'cli')
        .map(({ long }) => `${long} has no effect, since ${why}`),
    );
};
