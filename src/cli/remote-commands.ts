import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import {
  addFault,
  clearFaults,
  events,
  listFaults,
  logs,
  parseFaultArgument,
  ps,
  removeFault,
} from './emulator-commands.ts';
import { invoke } from './invoke.ts';
import {
  accessKeyOption,
  collectVariable,
  controlUrlOption,
  hostOption,
  jsonOption,
  logLevelOption,
  portOption,
  type RemoteFlags,
  urlOption,
} from './options.ts';
import type { ReplayFlags } from './replay.ts';

/** Adds the commands that talk to a running emulator. `exitWith` gets the exit code of one that has its own. */
export const addRemoteCommands = (program: Command, exitWith: (code: number) => void): void => {
  const remote = (parent: Command, name: string, description: string): Command =>
    parent
      .command(name)
      .description(description)
      .addOption(urlOption)
      .addOption(controlUrlOption)
      .addOption(accessKeyOption)
      .addOption(jsonOption);

  remote(program, 'invoke', 'run a function of a running emulator once; its output and exit code become this command’s')
    .argument('<function>', 'its key under containers in the stack, or its container ID')
    .option('-e, --env <NAME=value>', 'a variable for this run; may be given again', collectVariable, {})
    .action(async (name: string, flags: Parameters<typeof invoke>[1]) => exitWith(await invoke(name, flags)));
  remote(program, 'ps', 'list the instances of a running emulator, with the time left of their claims').action(ps);
  remote(program, 'logs', 'print the output of the latest run on an instance')
    .addArgument(new Argument('<instance>', 'instance ID, as ps lists it').argParser(parseInstanceId))
    .option(
      '-f, --follow',
      'follow the output to its end; on a claimed instance, from the first byte of its run',
      false,
    )
    .addOption(new Option('--raw', 'print the bytes unchanged').conflicts('json').default(false))
    .action(logs);
  remote(program, 'events', 'print the events of a running emulator')
    .option('-f, --follow', 'follow until the emulator stops', false)
    .action(events);

  program
    .command('replay')
    .description('serve a recording of GET /_emulator/recording, without Docker, until a signal comes')
    .argument('<file>', 'the recording')
    .addOption(portOption)
    .addOption(hostOption)
    .addOption(accessKeyOption)
    .addOption(logLevelOption)
    .addOption(jsonOption)
    .action(async (path: string, flags: ReplayFlags) =>
      exitWith(await (await import('./replay.ts')).replayRecording(path, flags)),
    );

  const faults = remote(program, 'faults', 'list the faults set in a running emulator').action(listFaults);
  /** What stands before a subcommand's name belongs to `faults`; both places count. */
  const merged = (command: Command): RemoteFlags => command.optsWithGlobals();
  faults
    .command('add')
    .description('set a fault')
    .addArgument(new Argument('<fault>', 'fault as JSON, as in the control API').argParser(parseFaultArgument))
    .action(async (fault: object, _flags: object, command: Command) => await addFault(fault, merged(command)));
  faults
    .command('remove')
    .description('remove a fault and end its delays')
    .argument('<id>')
    .action(async (id: string, _flags: object, command: Command) => await removeFault(id, merged(command)));
  faults
    .command('clear')
    .description('remove all faults')
    .action(async (_flags: object, command: Command) => await clearFaults(merged(command)));
};

const parseInstanceId = (text: string): string => {
  if (/^[0-9a-f]{24}$/.test(text)) return text;
  throw new InvalidArgumentError('Give an instance ID, 24 hex characters: ps lists them.');
};
