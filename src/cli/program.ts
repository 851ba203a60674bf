import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { EmulatorError, toMessage } from '../shared/errors.ts';
import { version } from '../shared/package.ts';
import type { CheckFlags } from './check.ts';
import { printCompletion, type Shell, shells } from './completion.ts';
import { registerContract } from './contract.ts';
import type { DoctorFlags } from './doctor.ts';
import type { EventsFlags, LogsFlags } from './emulator-commands.ts';
import type { ExecFlags } from './exec.ts';
import type { FetchFlags } from './fetch.ts';
import { forgetSwitchesThatAreOff } from './flag.ts';
import type { InvokeFlags } from './invoke.ts';
import {
  checkOptions,
  collectVariable,
  doctorOptions,
  execOptions,
  fetchOptions,
  pruneOptions,
  type RemoteFlags,
  remoteOptions,
  replayOptions,
  startOptions,
} from './options.ts';
import { printError, printWarnings } from './output.ts';
import type { PruneFlags } from './prune.ts';
import type { ReplayFlags } from './replay.ts';
import type { StartFlags } from './start.ts';
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
      printWarnings(findWithoutEffect(command));
      await (await import('./start.ts')).start(path, flags);
    });
  add('exec', 'run a command, such as that of your tests, beside an emulator of its own', execOptions)
    .argument('[stack]', 'Cycle stack file, YAML or JSON (default: the hello example of the package)')
    .usage('[options] [stack] -- <command> [arguments...]')
    .showHelpAfterError('Write the command after --, such as: cycle-scheduler exec stack.yaml -- pytest')
    .action(async (path: string | undefined, flags: ExecFlags, own: Command) => {
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
  add('prune', 'remove containers and networks of emulators that no longer run', pruneOptions).action(
    async (flags: PruneFlags) => (await import('./prune.ts')).prune(flags),
  );
  add('doctor', 'check whether start would work here, and say how to fix what would fail', doctorOptions)
    .argument('[stack]', 'stack file whose images to check (default: the hello example)')
    .action(async (stack: string | undefined, flags: DoctorFlags) =>
      exitWith(await (await import('./doctor.ts')).doctor(stack, flags)),
    );

  const remote = () => import('./emulator-commands.ts');
  const what = 'run a function of a running emulator once; its output and exit code become this command’s';
  add('invoke', what, remoteOptions)
    .argument('<function>', 'its key under containers in the stack, or its container ID')
    .option('-e, --env <NAME=value>', 'a variable for this run; may be given again', collectVariable, {})
    .action(async (name: string, flags: InvokeFlags) =>
      exitWith(await (await import('./invoke.ts')).invoke(name, flags)),
    );
  add('fetch', 'send a request to a function through the gateway, which starts an instance for it', fetchOptions)
    .argument('<function>', 'its key under containers in the stack, or one of its domains')
    .argument('[path]', 'path and query, from the first slash on', '/')
    .action(async (name: string, path: string, flags: FetchFlags) =>
      exitWith(await (await import('./fetch.ts')).fetchFunction(name, path, flags)),
    );
  add('ps', 'list the instances of a running emulator, with the time left of their claims', remoteOptions).action(
    async (flags: RemoteFlags) => (await remote()).ps(flags),
  );
  add('logs', 'print the output of the latest run on an instance', remoteOptions)
    .addArgument(new Argument('<instance>', 'instance ID, as ps lists it').argParser(parseInstanceId))
    .option(
      '-f, --follow',
      'follow the output to its end; on a claimed instance, from the first byte of its run',
      false,
    )
    .addOption(new Option('--raw', 'print the bytes unchanged').conflicts('json').default(false))
    .action(async (instanceId: string, flags: LogsFlags) => (await remote()).logs(instanceId, flags));
  add('events', 'print the events of a running emulator', remoteOptions)
    .option('-f, --follow', 'follow until the emulator stops', false)
    .action(async (flags: EventsFlags) => (await remote()).events(flags));
  add('replay', 'serve a recording of GET /_emulator/recording, without Docker, until a signal comes', replayOptions)
    .argument('<file>', 'the recording')
    .action(async (path: string, flags: ReplayFlags) =>
      exitWith(await (await import('./replay.ts')).replayRecording(path, flags)),
    );

  const faults = add('faults', 'list the faults set in a running emulator', remoteOptions).action(
    async (flags: RemoteFlags) => (await remote()).listFaults(flags),
  );
  /** What stands before a subcommand's name belongs to `faults`; both places count. */
  const merged = (command: Command): RemoteFlags => command.optsWithGlobals();
  add('add', 'set a fault', [], faults)
    .addArgument(new Argument('<fault>', 'fault as JSON, as in the control API').argParser(parseFault))
    .action(async (fault: object, _flags: object, command: Command) =>
      (await remote()).addFault(fault, merged(command)),
    );
  add('remove', 'remove a fault and end its delays', [], faults)
    .argument('<id>')
    .action(async (id: string, _flags: object, command: Command) => (await remote()).removeFault(id, merged(command)));
  add('clear', 'remove all faults', [], faults).action(async (_flags: object, command: Command) =>
    (await remote()).clearFaults(merged(command)),
  );

  registerContract(program, exitWith);
  add('completion', 'print a script that completes these commands in a shell', [])
    .addArgument(new Argument('<shell>').choices(shells))
    .action((shell: Shell) => printCompletion(shell, program));
  return program;
};

const parseInstanceId = (text: string): string => {
  if (/^[0-9a-f]{24}$/.test(text)) return text;
  throw new InvalidArgumentError('Give an instance ID, 24 hex characters: ps lists them.');
};

/** A fault as control API and fixtures have it. */
const parseFault = (text: string): object => {
  try {
    const fault: unknown = JSON.parse(text);
    if (typeof fault === 'object' && fault !== null) return fault;
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError('Write a JSON object such as {"effect":{"type":"delay","ms":500}}.');
};
