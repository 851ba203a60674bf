import {
  always,
  boundSpecs,
  callbackSpecs,
  choice,
  entries,
  judging,
  linkedSpecs,
  type OptionSpec,
  optionSpecs,
  type Setting,
  type SettingsCommand,
  text,
} from '../../../contract-tests/kit/option-specs.ts';

const settingsIn = (specs: Readonly<Record<string, OptionSpec>>): readonly Setting[] =>
  Object.values(specs).flatMap(({ setting }) => setting ?? []);

const whereStack = { appliesWhen: 'stack' } as const;
const whereNoUrl = { appliesWhen: 'no-url' } as const;

/** All settings: those that give a run its options, and those of the commands themselves. */
export const settings: readonly Setting[] = [
  ...settingsIn(optionSpecs),
  ...settingsIn(boundSpecs),
  ...settingsIn(callbackSpecs),
  ...settingsIn(linkedSpecs),
  text('access-key-file', 'path', 'file that holds the access key', { appliesWhen: 'url', commands: always }),
  text('report-dir', 'path', 'write results.json, junit.xml, report.html and summary.md there', { commands: judging }),
  text('stack', 'path', 'without a URL: the stack to start the emulator with, fixtures/probe.yaml', whereNoUrl),
  text('root', 'folder', "where that stack's context_dir and build_file start", whereStack),
  entries('var', 'name=value', 'a value for {{name}} in that stack', whereStack),
  text('var-file', 'path', 'YAML or JSON file of such values by name', whereStack),
  choice(
    'runtime',
    ['docker', 'simulated'],
    'without a URL: what the emulator runs functions with, docker',
    whereNoUrl,
  ),
];

/** Those that the command makes use of: it takes no others. */
export const settingsOf = (command: SettingsCommand): readonly Setting[] =>
  settings.filter(({ commands = ['contract', 'record'] }) => commands.includes(command));

/** The setting's own environment variable. */
export const environmentNameOf = (name: string): string => `CYCLE_CONTRACT_${name.replaceAll('-', '_').toUpperCase()}`;
