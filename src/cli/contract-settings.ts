import { type Command, Option } from 'commander';
import { parseKnownDifferences } from '../../contract-tests/kit/known-differences.ts';
import type { Setting, SettingsCommand } from '../../contract-tests/kit/option-specs.ts';
import { toProblemError } from '../../contract-tests/kit/problems.ts';
import type { ContractOptions } from '../../contract-tests/model/options.ts';
import { readTextFile } from '../shared/read-small-file.ts';
import { type Configuration, readConfiguration } from './configuration/read.ts';
import { environmentNameOf, settings, settingsOf } from './configuration/table.ts';
import { toOptions } from './configuration/to-options.ts';

/** Gives a command the settings that it makes use of as flags. Their environment twins are read elsewhere, after these. */
export const addSettings = (command: Command, name: SettingsCommand): Command => {
  for (const spec of settingsOf(name)) command.addOption(toOption(spec));
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

export type ContractFlags = Readonly<Record<string, unknown>> & { readonly config?: string };

/** The configuration from flags, environment and file. Throws an EmulatorError where it is impossible. */
export const loadConfiguration = async (flags: ContractFlags): Promise<Configuration> => {
  if (flags.config === '') {
    throw toProblemError('read the settings', [
      { reason: '--config is empty', advice: 'Give a path, or leave it out' },
    ]);
  }
  const path = flags.config ?? (process.env[environmentNameOf('config')] || undefined);
  const file = path === undefined ? undefined : { path, text: (await readTextFile(path, 'the settings')).text };
  // Commander names options in camel case; settings have the names of their flags.
  const byName = Object.fromEntries(
    settings.map(({ name }) => [
      name,
      flags[name.replaceAll(/-(.)/g, (_dash, letter: string) => letter.toUpperCase())],
    ]),
  );
  return readConfiguration({ flags: byName, environment: process.env, ...(file === undefined ? {} : { file }) });
};

/** The run's options as far as the configuration decides them, files read but for that of the access key. */
export const loadOptions = async (configuration: Configuration): Promise<Partial<ContractOptions>> => {
  const path = configuration.values['known-differences'];
  const options = toOptions(configuration);
  if (typeof path !== 'string') return options;
  const { text } = await readTextFile(path, 'the known differences');
  return { ...options, knownDifferences: parseKnownDifferences(path, text) };
};

/** The access key as given, or as it stands in the file given; undefined without either. */
export const loadAccessKey = async ({ values }: Configuration): Promise<string | undefined> => {
  const { 'access-key': key, 'access-key-file': path } = values;
  if (typeof key === 'string') return key;
  return typeof path === 'string' ? (await readTextFile(path, 'the access key')).text.trim() : undefined;
};
