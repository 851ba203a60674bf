/** How flags, environment variables and the settings file give a value. */
export type Setting = {
  /** As in the file; the flag is `--<name>`. */
  readonly name: string;
  /** `entries` is a list whose items may hold blanks and commas. */
  readonly kind: 'text' | 'list' | 'entries' | 'number' | 'switch' | 'choice';
  readonly description: string;
  /** What stands for the value in help. */
  readonly placeholder?: string;
  readonly choices?: readonly string[];
  /** Further environment variables, those of the official client, which count after our own. */
  readonly aliases?: readonly string[];
  /** What has to be, for it to have an effect; it always has one without. */
  readonly appliesWhen?: Condition;
  /** Of the commands that take settings, those that make use of it; `contract` and `record` without it. */
  readonly commands?: readonly SettingsCommand[];
};

export type Condition = 'url' | 'no-url' | 'stack' | 'callback' | 'linked';
export type SettingsCommand = 'contract' | 'record' | 'cleanup';

/** What an option may be, for every door: what settings give is checked as an option, too. */
export type OptionSpec = {
  readonly is: (value: unknown) => boolean;
  /** In words, behind "Give". */
  readonly wanted: string;
  /** Options without one come from programs only. */
  readonly setting?: Setting;
  /** How many of it one unit of the setting is; 1 without it. */
  readonly scale?: number;
  /** A list of such values, which has some. */
  readonly isList?: true;
  readonly mayBeEmpty?: true;
  readonly isRequired?: true;
  /** Of an object: the options in it. */
  readonly fields?: OptionSpecs;
  readonly show?: (value: unknown) => string;
};

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

type More = Pick<Setting, 'aliases' | 'appliesWhen' | 'commands'>;
const valued =
  (kind: Setting['kind']) =>
  (name: string, placeholder: string, description: string, more: More = {}): Setting => ({
    ...{ name, kind, placeholder, description },
    ...more,
  });
export const text = valued('text');
export const entries = valued('entries');
export const number = valued('number');
export const list = valued('list');
export const toggle = (name: string, description: string, more: More = {}): Setting => ({
  ...{ name, kind: 'switch', description },
  ...more,
});
export const choice = (name: string, choices: readonly string[], description: string, more: More = {}): Setting => ({
  name,
  kind: 'choice',
  choices,
  placeholder: 'name',
  description,
  ...more,
});
