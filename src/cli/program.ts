import { Argument, Command, Option } from 'commander';
import { version } from '../shared/package.ts';
import { didYouMean } from '../shared/suggest.ts';
import { registerCompletion } from './commands/completion.ts';
import type { StartFlags } from './commands/start.ts';
import { registerContract } from './contract/program.ts';
import {
  accessKeyOption,
  collectHeader,
  collectVariable,
  dockerOption,
  flag,
  hostOption,
  jsonOption,
  logLevelOption,
  parseCount,
  parseEventName,
  parseFault,
  parseFaultId,
  parseGatewayUrl,
  parseId,
  parseMethod,
  parseTime,
  portOption,
  remoteOptions,
  stackOptions,
  urlOptions,
} from './options.ts';
import { printWarnings, toClearError } from './output.ts';
import type { EmulatorFlags } from './start/start-stack.ts';
import { execOptions, findWithoutEffect, startOptions } from './start-options.ts';

type Action = (...args: unknown[]) => Promise<void>;

const aStack = 'Cycle stack file, YAML or JSON';
const aStackOrHello = `${aStack} (default: the hello example of the package)`;
const aFunction = 'its key under containers in the stack, its container ID, or the beginning of either';
const anInstance = 'its ID, as ps lists it, or a beginning; or its function, for the latest run of that';
const followOption = (what: string): Option => new Option('-f, --follow', what).default(false);

/** Names the subcommands of a command where a word is none of them; that it takes no argument would say nothing. */
const refuseWhatIsNoSubcommand = (_program: Command, command: Command): void => {
  const [word] = command.args;
  const names = command.commands.map((subcommand) => subcommand.name());
  if (word === undefined || names.length === 0) return;
  const hint = didYouMean(word, names) || '.';
  command.error(`error: ${command.name()} has no command '${word}'${hint} It has ${names.join(', ')}.`);
};

/**
 * What a command needs is loaded when it is run: a start should not wait for the contract suite, nor a test without
 * Docker for a Docker client.
 *
 * @param exitWith gets the exit code of commands that have more to say than that they went well
 * @param command what `exec` is to run
 */
export const createProgram = (exitWith: (code: number) => void, command: readonly string[]): Command => {
  const program = new Command('cycle-scheduler')
    .description('Emulates the Cycle Scheduler API; functions run as Docker containers.')
    .version(version)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(toClearError(text)) })
    .showHelpAfterError('See cycle-scheduler --help.')
    .hook('preAction', refuseWhatIsNoSubcommand);
  const add = (name: string, description: string, options: readonly Option[], action: Action, parent = program) => {
    const added = parent.command(name).description(description).action(action);
    for (const option of options) added.addOption(option);
    return added;
  };
  /** Runs a function of a module with the arguments and flags; flags that stand before a subcommand's name count, too. */
  const run =
    <Name extends string>(
      load: () => Promise<Readonly<Record<Name, (...args: never[]) => unknown>>>,
      name: Name,
    ): Action =>
    async (...all) => {
      const [flags, own] = all.slice(-2) as [object, Command];
      const act = (await load())[name] as (...args: unknown[]) => unknown;
      const code = await act(...all.slice(0, -2), { ...own.parent?.opts(), ...flags });
      if (typeof code === 'number') exitWith(code);
    };
  /** A command that has the name of its function. */
  const addRun = <Name extends string>(
    load: Parameters<typeof run<Name>>[0],
    name: Name,
    description: string,
    options: readonly Option[],
    parent = program,
  ) => add(name, description, options, run(load, name), parent);

  add(
    'start',
    'make the pools of a stack and serve the Scheduler API until a signal comes',
    startOptions,
    async (...all) => {
      const [path, flags, own] = all as [string | undefined, StartFlags, Command];
      if (flags.detach) return exitWith(await (await import('./start/detach.ts')).startDetached(flags.json));
      printWarnings(findWithoutEffect(own));
      await (await import('./commands/start.ts')).start(path, flags);
    },
  ).argument('[stack]', aStackOrHello);
  add(
    'exec',
    'run a command, such as that of your tests, beside an emulator of its own',
    execOptions,
    async (...all) => {
      const [path, flags, own] = all as [string | undefined, EmulatorFlags, Command];
      if (command.length === 0) own.error('error: there is no command to run');
      printWarnings(findWithoutEffect(own));
      const { exec, execFailed } = await import('./commands/exec.ts');
      // The exit code where `exec` throws.
      exitWith(execFailed);
      exitWith(await exec(path, command, flags));
    },
  )
    .argument('[stack]', aStackOrHello)
    .usage('[options] [stack] -- <command> [arguments...]')
    .showHelpAfterError(
      command.length === 0
        ? 'Write the command after --, such as: cycle-scheduler exec stack.yaml -- pytest'
        : 'See cycle-scheduler exec --help.',
    );
  const strict = new Option('--strict', 'fail on warnings, too').default(false);
  addRun(() => import('./commands/check.ts'), 'check', 'read a stack file and print what it would run', [
    ...[strict, ...stackOptions, jsonOption],
  ]).argument('<stack>', aStack);
  addRun(() => import('./commands/init.ts'), 'init', 'write a stack for a Compose file or a Dockerfile, and check it', [
    new Option('-o, --output <file>', 'where to write the stack, - for stdout (default: stack.yaml beside its source)'),
    new Option('--force', 'replace the file').default(false),
  ]).argument('[source]', 'a Compose file, a Dockerfile, or a folder that has one', '.');
  addRun(
    () => import('./commands/prune.ts'),
    'prune',
    'remove containers and networks of emulators that no longer run',
    [
      new Option('--all', 'also those of emulators that still run, here or on other machines').default(false),
      new Option('--images', 'also the images that emulators have built and no container uses').default(false),
      new Option('--dry-run', 'only print what would be removed').default(false),
      ...[dockerOption, jsonOption],
    ],
  );
  addRun(
    () => import('./commands/doctor.ts'),
    'doctor',
    'check whether start would work here, and say how to fix what would fail',
    [...stackOptions, portOption(4280), hostOption, dockerOption, jsonOption],
  ).argument('[stack]', 'stack file whose images to check (default: the hello example)');

  const operations = () => import('./commands/operations.ts');
  const what = 'run a function of a running emulator once; its output and exit code become this command’s';
  const variable = new Option('-e, --env <NAME=value>', 'a variable for this run; may be given again');
  addRun(() => import('./commands/invoke.ts'), 'invoke', what, [
    ...remoteOptions,
    variable.argParser(collectVariable).default({}),
  ]).argument('<function>', aFunction);
  add(
    'fetch',
    'send a request to a function through the gateway, which starts an instance for it',
    [
      new Option('-X, --method <method>', 'method of the request (default: GET, or POST with --data)').argParser(
        parseMethod,
      ),
      new Option('-H, --header <name: value>', 'a header of the request; may be given again')
        .argParser(collectHeader)
        .default([]),
      new Option('-d, --data <text>', 'body of the request; @file is what a file has, @- the standard input'),
      new Option('-i, --include', 'print status and headers before the body').conflicts('json').default(false),
      ...urlOptions,
      flag(
        '--gateway-url <url>',
        'URL of its gateway (default: the host of --url, and the port that the emulator says)',
      ).argParser(parseGatewayUrl),
      ...[accessKeyOption, jsonOption],
    ],
    run(() => import('./commands/fetch.ts'), 'fetchFunction'),
  )
    .argument('<function>', 'its key under containers in the stack, or one of its domains')
    .argument('[path]', 'path and query, from the first slash on', '/');
  addRun(
    operations,
    'ps',
    'list the instances of a running emulator, with the time left of their claims',
    remoteOptions,
  );
  addRun(operations, 'inspect', 'print all about an instance and its latest run', remoteOptions).argument(
    '<instance>',
    anInstance,
  );
  addRun(
    () => import('./commands/logs.ts'),
    'logs',
    'print the output of the latest run on an instance, or of all functions line by line',
    [
      ...remoteOptions,
      followOption('follow the output to its end; on a claimed instance, from the first byte of its run'),
      new Option('--raw', 'print the bytes unchanged').conflicts('json').default(false),
    ],
  ).argument('[instance]', anInstance);
  const happenings = () => import('./commands/events.ts');
  const follow = followOption('follow until the emulator stops');
  const ofName = new Option('--name <event>', 'only those of this name, such as instance.ended').argParser(
    parseEventName,
  );
  addRun(happenings, 'events', 'print the events of a running emulator', [...remoteOptions, ofName, follow]).argument(
    '[instance]',
    `only those of one instance: ${anInstance}`,
  );
  addRun(happenings, 'requests', 'print the requests to a running emulator and to its functions', [
    ...remoteOptions,
    follow,
  ]).addArgument(new Argument('[id]', 'number of one, to print its bodies, too').argParser(parseId));
  const clear = new Option('--clear', 'begin the recording again, and print nothing of it').default(false);
  addRun(
    () => import('./commands/record.ts'),
    'record',
    'save what the emulator was asked and has answered, for replay',
    [...remoteOptions, clear],
  ).argument('[file]', 'where to (default: the standard output)');
  addRun(operations, 'reset', 'take a running emulator back to how it began', remoteOptions);
  addRun(operations, 'scale', 'give a function another number of instances, within its max_pool_size', remoteOptions)
    .argument('<function>', aFunction)
    .addArgument(new Argument('<instances>', 'how many').argParser(parseCount));
  const ending = () => import('./commands/stop.ts');
  addRun(ending, 'status', 'say which emulator runs, and whether it is ready', remoteOptions);
  addRun(ending, 'stop', 'stop a running emulator, and wait until it is gone', remoteOptions);

  const clock = addRun(
    operations,
    'clock',
    "print the time of the emulator's clock, and its next deadline",
    remoteOptions,
  );
  addRun(operations, 'freeze', 'stop the clock', [], clock);
  addRun(operations, 'resume', 'let the clock run again', [], clock);
  addRun(operations, 'next', 'move the clock to its next deadline, and do what falls due', [], clock);
  addRun(operations, 'advance', 'move the clock on, and do all that falls due', [], clock).addArgument(
    new Argument('<time>', 'how far, such as 10s or 1h30m').argParser(parseTime),
  );
  const faults = addRun(operations, 'faults', 'list the faults set in a running emulator', remoteOptions);
  add('add', 'set a fault', [], run(operations, 'addFault'), faults).addArgument(
    new Argument('<fault>', 'fault as JSON, as in the control API').argParser(parseFault),
  );
  add('remove', 'remove a fault and end its delays', [], run(operations, 'removeFault'), faults).argument(
    '<id>',
    '',
    parseFaultId,
  );
  add('clear', 'remove all faults', [], run(operations, 'clearFaults'), faults);

  addRun(
    () => import('./commands/replay.ts'),
    'replay',
    'serve a recording, as record saves it, without Docker, until a signal comes',
    [portOption(4280), hostOption, accessKeyOption, logLevelOption('info'), jsonOption],
  ).argument('<file>', 'the recording');
  for (const parent of [clock, faults, registerContract(program, exitWith)]) parent.allowExcessArguments();
  registerCompletion(program);
  return program;
};
