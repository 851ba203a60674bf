import { Argument, Command, CommanderError } from 'commander';
import { EmulatorError, toMessage } from '../shared/errors.ts';
import { version } from '../shared/package.ts';
import { check } from './check.ts';
import { printCompletion, type Shell, shells } from './completion.ts';
import { registerContract } from './contract.ts';
import type { DoctorFlags } from './doctor.ts';
import {
  addStackOptions,
  controlOption,
  controlPortOption,
  dockerOption,
  forgetSwitchesThatAreOff,
  functionsUrlOption,
  gatewayOption,
  gatewayPortOption,
  hostOption,
  hotOption,
  jsonOption,
  keepOption,
  logBytesOption,
  logLevelOption,
  networkOption,
  portOption,
  profileOption,
  pullOption,
  recordingLimitOption,
  runtimeOption,
  stateOption,
  watchdogOption,
} from './options.ts';
import { printError } from './output.ts';
import type { PruneFlags } from './prune.ts';
import { addRemoteCommands } from './remote-commands.ts';
import type { StartFlags } from './start.ts';

const exitCodes = { fine: 0, failed: 1, badUsage: 2 } as const;

/** Runs the command line and answers the exit code. Failures are one clear line on stderr, never a stack trace. */
export const runCli = async (argv: readonly string[]): Promise<number> => {
  forgetSwitchesThatAreOff(process.env);
  let exitCode: number = exitCodes.fine;
  const exitWith = (code: number): void => {
    exitCode = code;
  };
  try {
    await createProgram(exitWith).parseAsync([...argv]);
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.fine : exitCodes.badUsage;
    printError(error instanceof EmulatorError ? error.message : `Failed unexpectedly: ${toMessage(error)}.`);
    return exitCodes.failed;
  }
};

/**
 * What a command needs is loaded when it is run: a start should not wait for the contract suite, nor a test without
 * Docker for a Docker client.
 *
 * @param exitWith gets the exit code of commands that have more to say than that they went well
 */
const createProgram = (exitWith: (code: number) => void): Command => {
  const program = new Command('cycle-scheduler')
    .description('Emulates the Cycle Scheduler API; functions run as Docker containers.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('See cycle-scheduler --help.');
  addStackOptions(
    program
      .command('start')
      .description('make the pools of a stack and serve the Scheduler API until a signal comes')
      .argument('[stack]', 'Cycle stack file, YAML or JSON (default: the hello example of the package)'),
  )
    .addOption(portOption)
    .addOption(hostOption)
    .addOption(controlPortOption)
    .addOption(controlOption)
    .addOption(gatewayPortOption)
    .addOption(gatewayOption)
    .addOption(recordingLimitOption)
    .addOption(runtimeOption)
    .addOption(pullOption)
    .addOption(profileOption)
    .addOption(hotOption)
    .addOption(networkOption)
    .addOption(functionsUrlOption)
    .addOption(dockerOption)
    .addOption(keepOption)
    .addOption(logBytesOption)
    .addOption(watchdogOption)
    .addOption(stateOption)
    .addOption(logLevelOption)
    .addOption(jsonOption)
    .action(async (path: string | undefined, flags: StartFlags) => (await import('./start.ts')).start(path, flags));
  addStackOptions(
    program
      .command('check')
      .description('read a stack file and print what it would run')
      .argument('<stack>', 'Cycle stack file, YAML or JSON')
      .option('--strict', 'fail on warnings, too', false),
  )
    .addOption(jsonOption)
    .action(check);
  program
    .command('prune')
    .description('remove containers and networks of emulators that no longer run')
    .option('--all', 'also those of emulators that still run, here or on other machines', false)
    .option('--dry-run', 'only print what would be removed', false)
    .addOption(dockerOption)
    .addOption(jsonOption)
    .action(async (flags: PruneFlags) => (await import('./prune.ts')).prune(flags));
  addStackOptions(
    program
      .command('doctor')
      .description('check whether start would work here, and say how to fix what would fail')
      .argument('[stack]', 'stack file whose images to check (default: the hello example)'),
  )
    .addOption(portOption)
    .addOption(hostOption)
    .addOption(dockerOption)
    .addOption(jsonOption)
    .action(async (stack: string | undefined, flags: DoctorFlags) =>
      exitWith(await (await import('./doctor.ts')).doctor(stack, flags)),
    );
  addRemoteCommands(program, exitWith);
  registerContract(program, exitWith);
  program
    .command('completion')
    .description('print a script that completes these commands in a shell')
    .addArgument(new Argument('<shell>').choices(shells))
    .action((shell: Shell) => printCompletion(shell, program));
  return program;
};
