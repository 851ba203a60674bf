import { Argument, type Command } from 'commander';
import { type RemoteFlags, remoteOptions } from '../options.ts';
import { print } from '../output.ts';

type Entry = {
  readonly name: string;
  readonly description: string;
  readonly words: readonly { readonly word: string; readonly description: string }[];
  /** What its first argument names in a running emulator, which is asked then. */
  readonly asks: Kind | null;
};

const kinds = ['function', 'instance'] as const;
type Kind = (typeof kinds)[number];

/** Asked for while a line is completed. */
const namesCommand = '__names';

/** How long a user who has pressed a key waits for an emulator that does not answer. */
const answersWithinMs = 3_000;

/** Declares `completion`, and the command by which it finds names of a running emulator, which no help lists. */
export const registerCompletion = (program: Command): void => {
  program
    .command('completion')
    .description('print a script that completes these commands in a shell')
    .addArgument(new Argument('<shell>').choices(Object.keys(renderers)))
    .action((shell: keyof typeof renderers) => print(renderers[shell](program.name(), toEntries(program))));
  const names = program.command(namesCommand, { hidden: true }).addArgument(new Argument('<kind>').choices(kinds));
  for (const option of remoteOptions) names.addOption(option);
  names.action(async (kind: Kind, flags: RemoteFlags) => {
    setTimeout(() => process.exit(1), answersWithinMs).unref();
    const { functions } = await new (await import('../client/emulator-client.ts')).Remote(flags).state();
    const ids = kind === 'function' ? [] : functions.flatMap(({ instances }) => instances.map(({ id }) => id));
    // A shell expands the words that it is given.
    for (const name of [...functions.map(({ name }) => name), ...ids]) if (/^[\w.-]+$/.test(name)) print(name);
  });
};

/** The commands as they are. */
const toEntries = (program: Command): readonly Entry[] =>
  program.commands
    .filter((command) => command.name() !== namesCommand)
    .map((command) => ({
      name: command.name(),
      description: command.description(),
      asks: kinds.find((kind) => command.registeredArguments[0]?.name() === kind) ?? null,
      words: [
        ...command.registeredArguments.flatMap(({ argChoices = [] }) =>
          argChoices.map((word) => ({ word, description: '' })),
        ),
        ...command.commands.map((sub) => ({ word: sub.name(), description: sub.description() })),
        ...command.options.map(({ long, description }) => ({ word: long ?? '', description })),
      ].filter(({ word }) => word !== ''),
    }));

const renderBash = (name: string, entries: readonly Entry[]): string => `# ${name} completion bash: source this file.
_${toIdentifier(name)}() {
  local word=\${COMP_WORDS[COMP_CWORD]} words asks=
  case \${COMP_CWORD}:\${COMP_WORDS[1]} in
    1:*) words='${entries.map((entry) => entry.name).join(' ')}' ;;
${entries.map((entry) => `    *:${entry.name}) words='${wordsOf(entry)}' asks=${entry.asks ?? ''} ;;`).join('\n')}
  esac
  if [[ -n $asks && $word != -* ]]; then words+=" $(${name} ${namesCommand} $asks 2>/dev/null)"; fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _${toIdentifier(name)} ${name}`;

const renderZsh = (name: string, entries: readonly Entry[]): string => `#compdef ${name}
# ${name} completion zsh: source this file, or put it as _${name} into a folder of $fpath.
_${toIdentifier(name)}() {
  if (( CURRENT == 2 )); then
    compadd -- ${entries.map((entry) => entry.name).join(' ')}
    return
  fi
  case $words[2] in
${entries.map((entry) => `    ${entry.name}) compadd -- ${wordsOf(entry)}${toQuestion(name, entry.asks, ' $')} ;;`).join('\n')}
  esac
  _files
}
# Read from $fpath, this file is the function's body; sourced, it makes the function known.
if [[ $funcstack[1] == _${name} ]]; then _${toIdentifier(name)}; else compdef _${toIdentifier(name)} ${name}; fi`;

const renderFish = (name: string, entries: readonly Entry[]): string =>
  [
    `# ${name} completion fish: put this file as ${name}.fish into ~/.config/fish/completions.`,
    ...entries.map(
      (entry) => `complete -c ${name} -n __fish_use_subcommand -a ${entry.name} -d ${quoteForFish(entry.description)}`,
    ),
    ...entries.flatMap((entry) =>
      entry.words.map(({ word, description }) => {
        const what = word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`;
        return `complete -c ${name} -n '__fish_seen_subcommand_from ${entry.name}' ${what} -d ${quoteForFish(description)}`;
      }),
    ),
    ...entries
      .filter(({ asks }) => asks !== null)
      .map(
        (entry) =>
          `complete -c ${name} -n '__fish_seen_subcommand_from ${entry.name}' -f -a '${toQuestion(name, entry.asks)}'`,
      ),
  ].join('\n');

const renderers = { bash: renderBash, zsh: renderZsh, fish: renderFish } as const;

const toQuestion = (name: string, asks: Kind | null, begin = ''): string =>
  asks === null ? '' : `${begin}(${name} ${namesCommand} ${asks} 2>/dev/null)`;

const wordsOf = ({ words }: Entry): string => words.map(({ word }) => word).join(' ');

const toIdentifier = (name: string): string => name.replaceAll('-', '_');

const quoteForFish = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
