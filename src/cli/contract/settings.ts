import { type Command, Option } from 'commander';
import {
  choice,
  entries,
  type OptionSpecs,
  type Setting,
  type SettingsCommand,
  text,
} from '../../../contract-tests/kit/option-spec.ts';
import { always, judging, optionSpecs } from '../../../contract-tests/kit/option-specs.ts';

/** Those of options that are objects last. */
const settingsIn = (specs: OptionSpecs): readonly Setting[] => [
  ...Object.values(specs).flatMap(({ setting }) => setting ?? []),
  ...Object.values(specs).flatMap(({ fields = {} }) => settingsIn(fields)),
];

const whereStack = { appliesWhen: 'stack' } as const;
const whereNoUrl = { appliesWhen: 'no-url' } as const;

/** All settings: those that give a run its options, and those of the commands themselves. */
export const settings: readonly Setting[] = [
  ...settingsIn(optionSpecs),
  text('access-key-file', 'path', 'file that holds the access key', { appliesWhen: 'url', commands: always }),
  text('report-dir', 'path', 'write results.json, junit.xml, report.html and summary.md there', { commands: judging }),
  text(
    'stack',
    'path',
    'without a URL: stack of the emulator that is started (default: fixtures/probe.yaml)',
    whereNoUrl,
  ),
  text('root', 'folder', "where that stack's context_dir and build_file start", whereStack),
  entries('var', 'name=value', 'a value for {{name}} in that stack', whereStack),
  text('var-file', 'path', 'YAML or JSON file of such values by name', whereStack),
  choice(
    'runtime',
    ['docker', 'simulated'],
    'without a URL: what runs the functions of the emulator (default: docker)',
    whereNoUrl,
  ),
];

/** The setting's own environment variable. */
export const environmentNameOf = (name: string): string => `CYCLE_CONTRACT_${name.replaceAll('-', '_').toUpperCase()}`;

/** Gives a command the settings that it makes use of as flags. Their environment twins are read elsewhere, after these. */
export const addSettings = (command: Command, name: SettingsCommand): Command => {
  for (const setting of settings)
    if ((setting.commands ?? ['contract', 'record']).includes(name)) command.addOption(toOption(setting));
  return command.addOption(new Option('--config <path>', 'YAML file of settings by these names'));
};

const toOption = ({ name, kind, placeholder, description, choices }: Setting): Option => {
  const flags = kind === 'switch' ? `--${name}` : `--${name} <${placeholder}>`;
  const of = choices === undefined ? '' : `: ${choices.join(', ')}`;
  const option = new Option(flags, `${description}${of} (${environmentNameOf(name)})`);
  return kind === 'list' || kind === 'entries'
    ? option.argParser((value: string, earlier: readonly string[] | undefined) => [...(earlier ?? []), value])
    : option;
};
