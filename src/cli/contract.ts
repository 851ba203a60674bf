import { type Command, Option } from 'commander';
import { addSettings, type ContractFlags } from './contract-settings.ts';
import { jsonOption } from './options.ts';

type Flags = ContractFlags & { readonly json: boolean };

/** Adds `contract` and its subcommands. Each says by `setExitCode` what came of it. */
export const registerContract = (program: Command, setExitCode: (code: number) => void): void => {
  // Options of a subcommand have the names of its parent's: their place says whose they are.
  program.enablePositionalOptions();
  const command = addSettings(program.command('contract'), 'contract')
    .description('run the contract suite against a scheduler, the emulator or any other')
    .addOption(new Option('--list', 'print what would be checked, and check nothing'))
    .addOption(new Option('--verbose', 'print a line for each case, and all that each finding rests on'))
    .addOption(jsonOption)
    .enablePositionalOptions()
    .action(async (flags: Flags & { readonly list?: boolean }) => {
      if (flags.list === true) setExitCode(await (await import('./contract-list.ts')).list(flags));
      else setExitCode(await (await import('./contract-run.ts')).contract(flags));
    });
  refuseFlagsBeforeSubcommands(command);
  addSettings(command.command('record'), 'record')
    .description('write down how a scheduler answers where nothing public says, for compare and for start --profile')
    .requiredOption('--out <path>', 'the profile to write')
    .addOption(jsonOption)
    .action(async (flags: Flags & { readonly out: string }) =>
      setExitCode(await (await import('./contract-record.ts')).record(flags)),
    );
  command
    .command('compare')
    .description('print where two profiles, or the results.json of two runs, differ')
    .argument('<one>')
    .argument('<other>')
    .option('--markdown', 'as Markdown', false)
    .addOption(jsonOption)
    .action(async (one: string, other: string, flags: { json: boolean; markdown: boolean }) =>
      setExitCode(await (await import('./contract-record.ts')).compare(one, other, flags)),
    );
  addSettings(command.command('cleanup'), 'cleanup')
    .description('release what killed runs still hold')
    .addOption(jsonOption)
    .action(async (flags: Flags) => setExitCode(await (await import('./contract-cleanup.ts')).cleanup(flags)));
};

/** There they would be the flags of `contract` itself, which the subcommand knows nothing of. */
const refuseFlagsBeforeSubcommands = (command: Command): void => {
  command.hook('preSubcommand', (parent, subcommand) => {
    const early = parent.options.find((option) => parent.getOptionValueSource(option.attributeName()) === 'cli');
    if (early === undefined) return;
    const name = subcommand.name();
    parent.error(
      `Failed to read the settings: ${early.long} stands before ${name}, where it has no effect. Put it behind ${name}.`,
      { exitCode: 2 },
    );
  });
};
