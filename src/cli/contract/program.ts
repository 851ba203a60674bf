import { type Command, Option } from 'commander';
import { exitCodes } from '../../../contract-tests/model/result.ts';
import { describeFailure, EmulatorError, errorCodes } from '../../shared/errors.ts';
import { jsonOption } from '../options.ts';
import { printError } from '../output.ts';
import { StopRequested } from '../stop-signal.ts';
import type { ContractFlags } from './read-settings.ts';
import { addSettings } from './settings.ts';

/** Adds `contract` and its subcommands. Each says by `exitWith` what came of it. */
export const registerContract = (program: Command, exitWith: (code: number) => void): Command => {
  const exitAfter = async (work: () => Promise<number>): Promise<void> => exitWith(await reportFailures(work));
  // Options of a subcommand have the names of its parent's: their place says whose they are.
  program.enablePositionalOptions();
  const command = addSettings(program.command('contract'), 'contract')
    .description('run the contract suite against a scheduler, the emulator or any other')
    .addOption(new Option('--list', 'print what would be checked, and check nothing'))
    .addOption(new Option('--verbose', 'print a line for each case, and all that each finding rests on'))
    .addOption(jsonOption)
    .enablePositionalOptions()
    .hook('preSubcommand', refuseFlagsBefore)
    .action((flags: ContractFlags) =>
      exitAfter(async () =>
        flags.list ? (await import('./plan.ts')).list(flags) : (await import('./run.ts')).contract(flags),
      ),
    );
  const profiles = () => import('./record.ts');
  addSettings(command.command('record'), 'record')
    .description('write down how a scheduler answers where nothing public says, for compare and for start --profile')
    .requiredOption('--out <path>', 'the profile to write; - prints it')
    .addOption(jsonOption)
    .action((flags: ContractFlags) => exitAfter(async () => (await profiles()).record(flags)));
  command
    .command('compare')
    .description('print where two profiles, or the results.json of two runs, differ')
    .argument('<one>')
    .argument('<other>')
    .option('--markdown', 'as Markdown', false)
    .addOption(jsonOption)
    .action((one: string, other: string, flags: { json: boolean; markdown: boolean }) =>
      exitAfter(async () => (await profiles()).compare(one, other, flags)),
    );
  addSettings(command.command('cleanup'), 'cleanup')
    .description('release what killed runs still hold')
    .addOption(jsonOption)
    .action((flags: ContractFlags) => exitAfter(async () => (await import('./cleanup.ts')).cleanup(flags)));
  return command;
};

/** There they would be the flags of `contract` itself, which the subcommand knows nothing of. */
const refuseFlagsBefore = (parent: Command, subcommand: Command): void => {
  const early = parent.options.find((option) => parent.getOptionValueSource(option.attributeName()) === 'cli');
  if (early === undefined) return;
  const name = subcommand.name();
  const message = `Failed to read the settings: ${early.long} stands before ${name}, where it has no effect. Put it behind ${name}.`;
  parent.error(message, { exitCode: 2 });
};

/**
 * One clear line for each failure, and the exit code that says whose it is. Never a stack trace. Work that ends without
 * an exit code has not said that all is well.
 */
export const reportFailures = async (work: () => Promise<number>): Promise<number> => {
  try {
    const exitCode: unknown = await work();
    return Number.isInteger(exitCode) ? (exitCode as number) : exitCodes['suite-error'];
  } catch (error) {
    if (error instanceof StopRequested) return exitCodes.interrupted;
    printError(describeFailure(error));
    if (!(error instanceof EmulatorError)) return exitCodes['suite-error'];
    const isSetting = error.code === errorCodes.badOption || error.code === errorCodes.stackInvalid;
    return isSetting ? exitCodes['nothing-said'] : exitCodes.unreachable;
  }
};
