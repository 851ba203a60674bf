import { usualSeconds } from '../../../contract-tests/kit/limits.ts';

/**
 * The settings of a run: one table from which flags, environment variables, the file and the documentation come.
 * `entries` is a list whose items may hold blanks and commas.
 */
type SettingKind = 'text' | 'list' | 'entries' | 'number' | 'switch' | 'choice';

export type SettingSpec = {
  /** As in the file; the flag is `--<name>`. */
  readonly name: string;
  readonly kind: SettingKind;
  readonly description: string;
  /** What stands for the value in help. */
  readonly placeholder?: string;
  readonly choices?: readonly string[];
  /** Further environment variables, those of the official client, which count after our own. */
  readonly aliases?: readonly string[];
  readonly isSecret?: boolean;
  /** Without it always. */
  readonly appliesWhen?: Condition;
  /** Of the commands that take settings, those that make use of it; all without it. */
  readonly commands?: readonly SettingsCommand[];
};

/** What has to be, for a setting to have an effect. */
export type Condition = 'url' | 'no-url' | 'stack' | 'callback';
export type SettingsCommand = 'contract' | 'record' | 'cleanup';

const valued =
  (kind: 'text' | 'number' | 'list') =>
  (name: string, placeholder: string, description: string, more: Partial<SettingSpec> = {}): SettingSpec => ({
    ...{ name, kind, placeholder, description },
    ...more,
  });
const text = valued('text');
const number = valued('number');
const list = valued('list');
const toggle = (name: string, description: string, more: Partial<SettingSpec> = {}): SettingSpec => ({
  name,
  kind: 'switch',
  description,
  ...more,
});
const choice = (
  name: string,
  choices: readonly string[],
  description: string,
  more: Partial<SettingSpec> = {},
): SettingSpec => ({ name, kind: 'choice', choices, placeholder: 'name', description, ...more });

const always: readonly SettingsCommand[] = ['contract', 'record', 'cleanup'];
const judging: readonly SettingsCommand[] = ['contract'];

export const settingSpecs: readonly SettingSpec[] = [
  text('url', 'url', 'the scheduler’s base URL; without it the emulator is started', { aliases: ['BASE_URL'] }),
  text('access-key', 'key', 'one of its access keys', {
    aliases: ['ACCESS_TOKEN'],
    isSecret: true,
    appliesWhen: 'url',
    commands: always,
  }),
  text('access-key-file', 'path', 'file that holds the access key', { appliesWhen: 'url', commands: always }),
  list('container', 'id', 'ID of a function container; give two where there are two', {
    aliases: ['CONTAINER_ID'],
    appliesWhen: 'url',
  }),
  text('non-function', 'id', 'ID of a container that is no function', { appliesWhen: 'url' }),
  choice(
    'level',
    ['probe', 'claim', 'lifecycle', 'disruptive'],
    'how much to touch; disruptive for loopback, else claim',
  ),
  list('only', 'id', 'run only these cases: IDs, or how they begin'),
  list('skip', 'id', 'leave these cases out'),
  number('max-claims', 'number', 'claims the run may make'),
  number('max-spawns', 'number', 'spawns the run may make'),
  number(
    'max-seconds',
    'seconds',
    `after that time nothing more is tried; ${usualSeconds} and those of --explore where time is not moved`,
  ),
  number(
    'explore',
    'seconds',
    'how long random histories are tried; 5 at level claim, 10 at lifecycle, 20 at disruptive',
  ),
  number('seed', 'number', 'which random histories, as a finding names it; others in each run without it'),
  number('timeout', 'seconds', 'how long an answer may take, 30; must be more than max_queue_time', {
    commands: always,
  }),
  number('settle', 'seconds', 'how long the target may take for what it does by itself, 3'),
  choice('callback', ['auto', 'required', 'off'], 'whether functions report what they see (fixtures/probe)'),
  text('callback-url', 'url', 'where functions reach the suite; http://host.docker.internal:<port> without it', {
    appliesWhen: 'callback',
  }),
  text('callback-host', 'address', 'where the suite listens for them, 0.0.0.0', { appliesWhen: 'callback' }),
  number('callback-port', 'port', 'on which port, a free one', { appliesWhen: 'callback' }),
  toggle('ends-by-itself', 'the functions end by themselves soon after their start'),
  text('known-differences', 'path', 'YAML file of accepted deviations', { commands: judging }),
  toggle('strict', 'also what is inferred or our choice has to be as in the emulator', { commands: judging }),
  text('report-dir', 'path', 'write results.json, junit.xml, report.html and summary.md there', { commands: judging }),
  text('ledger-dir', 'path', 'where open claims are written down; the user’s state folder without it', {
    commands: always,
  }),
  text('stack', 'path', 'without a URL: the stack to start the emulator with, fixtures/probe.yaml', {
    appliesWhen: 'no-url',
  }),
  text('root', 'folder', "where that stack's context_dir and build_file start", { appliesWhen: 'stack' }),
  {
    name: 'var',
    kind: 'entries',
    placeholder: 'name=value',
    description: 'a value for {{name}} in that stack',
    appliesWhen: 'stack',
  },
  text('var-file', 'path', 'YAML or JSON file of such values by name', { appliesWhen: 'stack' }),
  choice('runtime', ['docker', 'simulated'], 'without a URL: what the emulator runs functions with, docker', {
    appliesWhen: 'no-url',
  }),
];

/** Those that the command makes use of: it takes no others. */
export const settingsOf = (command: SettingsCommand): readonly SettingSpec[] =>
  settingSpecs.filter(({ commands = ['contract', 'record'] }) => commands.includes(command));

/** The setting's own environment variable. */
export const environmentNameOf = (name: string): string => `CYCLE_CONTRACT_${name.replaceAll('-', '_').toUpperCase()}`;
