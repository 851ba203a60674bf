import { Argument, Command, CommanderError, type Option } from 'commander';
import { EmulatorError, toMessage } from '../shared/errors.ts';
import { version } from '../shared/package.ts';
import type { CheckFlags } from './check.ts';
import { printCompletion, registerNames, type Shell, shells } from './completion.ts';
import { registerContract } from './contract.ts';
import type { DoctorFlags } from './doctor.ts';
import { forgetSwitchesThatAreOff } from './flag.ts';
import type { InitFlags } from './init.ts';
import {
  checkOptions,
  doctorOptions,
  execOptions,
  initOptions,
  pruneOptions,
  replayOptions,
  startOptions,
} from './options.ts';
import { printError, printWarnings } from './output.ts';
import type { PruneFlags } from './prune.ts';
import { registerRemote } from './remote-program.ts';
import type { ReplayFlags } from './replay.ts';
import type { StartFlags } from './start.ts';
import type { EmulatorFlags } from './start-stack.ts';
import { findUnknownVariables, findWithoutEffect } from './without-effect.ts';

const exitCodes = { fine: 0, failed: 1, badUsage: 2 } as const;

/** Runs the command line and answers the exit code. Failures are one clear line on stderr, never a stack trace. */
export const runCli = async (argv: readonly string[]): Promise<number> => {
  forgetSwitchesThatAreOff(process.env);
  let exitCode: number = exitCodes.fine;
  const exitWith = (code: number): void => {
    exitCode = code;
  };
  try {
    const [own, command] = splitAtCommand(argv);
    await createProgram(exitWith, command).parseAsync([...own]);
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.fine : exitCodes.badUsage;
    printError(error instanceof EmulatorError ? error.message : `Failed unexpectedly: ${toMessage(error)}.`);
    return exitCode === exitCodes.fine ? exitCodes.failed : exitCode;
  }
};

/** For `exec`, what stands after `--` is not ours to read. */
const splitAtCommand = (argv: readonly string[]): readonly [readonly string[], readonly string[]] => {
  const at = argv[2] === 'exec' ? argv.indexOf('--') : -1;
  return at === -1 ? [argv, []] : [argv.slice(0, at), argv.slice(at + 1)];
};

/**
 * What a command needs is loaded when it is run: a start should not wait for the contract suite, nor a test without
 * Docker for a Docker client.
 *
 * @param exitWith gets the exit code of commands that have more to say than that they went well
 * @param command what `exec` is to run
 */
const createProgram = (exitWith: (code: number) => void, command: readonly string[]): Command => {
  const program = new Command('cycle-scheduler')
    .description('Emulates the Cycle Scheduler API; functions run as Docker containers.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('See cycle-scheduler --help.')
    .hook('preAction', () => printWarnings(findUnknownVariables(program, process.env)));
  const add = (name: string, description: string, options: readonly Option[], parent = program): Command => {
    const command = parent.command(name).description(description);
    for (const option of options) command.addOption(option);
    return command;
  };
  add('start', 'make the pools of a stack and serve the Scheduler API until a signal comes', startOptions)
    .argument('[stack]', 'Cycle stack file, YAML or JSON (default: the hello example of the package)')
    .action(async (path: string | undefined, flags: StartFlags, command: Command) => {
      if (flags.detach) return exitWith(await (await import('./detach.ts')).startDetached(flags.json));
      printWarnings(findWithoutEffect(command));
      await (await import('./start.ts')).start(path, flags);
    });
  add('exec', 'run a command, such as that of your tests, beside an emulator of its own', execOptions)
    .argument('[stack]', 'Cycle stack file, YAML or JSON (default: the hello example of the package)')
    .usage('[options] [stack] -- <command> [arguments...]')
    .showHelpAfterError('Write the command after --, such as: cycle-scheduler exec stack.yaml -- pytest')
    .action(async (path: string | undefined, flags: EmulatorFlags, own: Command) => {
      if (command.length === 0) own.error('error: there is no command to run');
      printWarnings(findWithoutEffect(own));
      const { exec, execFailed } = await import('./exec.ts');
      // Stays where what follows fails.
      exitWith(execFailed);
      exitWith(await exec(path, command, flags));
    });
  add('check', 'read a stack file and print what it would run', checkOptions)
    .argument('<stack>', 'Cycle stack file, YAML or JSON')
    .action(async (path: string, flags: CheckFlags) => (await import('./check.ts')).check(path, flags));
  add('init', 'write a stack for a Compose file or a Dockerfile, and check it', initOptions)
    .argument('[source]', 'a Compose file, a Dockerfile, or a folder that has one', '.')
    .action(async (source: string, flags: InitFlags) => (await import('./init.ts')).init(source, flags));
  add('prune', 'remove containers and networks of emulators that no longer run', pruneOptions).action(
    async (flags: PruneFlags) => (await import('./prune.ts')).prune(flags),
  );
  add('doctor', 'check whether start would work here, and say how to fix what would fail', doctorOptions)
    .argument('[stack]', 'stack file whose images to check (default: the hello example)')
    .action(async (stack: string | undefined, flags: DoctorFlags) =>
      exitWith(await (await import('./doctor.ts')).doctor(stack, flags)),
    );

  registerRemote(add, exitWith);
  add('replay', 'serve a recording of GET /_emulator/recording, without Docker, until a signal comes', replayOptions)
    .argument('<file>', 'the recording')
    .action(async (path: string, flags: ReplayFlags) =>
      exitWith(await (await import('./replay.ts')).replayRecording(path, flags)),
    );

  registerContract(program, exitWith);
  add('completion', 'print a script that completes these commands in a shell', [])
    .addArgument(new Argument('<shell>').choices(shells))
    .action((shell: Shell) => printCompletion(shell, program));
  registerNames(program);
  return program;
};
