import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import { isRecord } from '../shared/values.ts';
import { parseDuration } from '../stack/values.ts';
import type { FetchFlags } from './fetch.ts';
import type { EventsFlags, RequestsFlags } from './happenings.ts';
import type { InvokeFlags } from './invoke.ts';
import type { LogsFlags } from './logs.ts';
import { collectVariable, fetchOptions, parseCount, type RemoteFlags, remoteOptions } from './options.ts';
import type { RecordFlags } from './record.ts';

/** Adds a command to the program, or to the command that it belongs to. */
type Add = (name: string, description: string, options: readonly Option[], parent?: Command) => Command;

const aFunction = 'its key under containers in the stack, its container ID, or the beginning of either';
const anInstance = 'its ID, as ps lists it, or a beginning; or its function, for the latest run of that';
const followOption = (what: string): Option => new Option('-f, --follow', what).default(false);

/** Declares the commands that talk to a running emulator. */
export const registerRemote = (add: Add, exitWith: (code: number) => void): void => {
  const remote = () => import('./emulator-commands.ts');
  const happenings = () => import('./happenings.ts');
  /** What stands before a subcommand's name belongs to its parent; both places count. */
  const merged = (command: Command): RemoteFlags => command.optsWithGlobals();

  const what = 'run a function of a running emulator once; its output and exit code become this command’s';
  add('invoke', what, remoteOptions)
    .argument('<function>', aFunction)
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
  add('inspect', 'print all about an instance and its latest run', remoteOptions)
    .argument('<instance>', anInstance)
    .action(async (wanted: string, flags: RemoteFlags) => (await remote()).inspect(wanted, flags));
  add('logs', 'print the output of the latest run on an instance, or of all functions line by line', remoteOptions)
    .argument('[instance]', anInstance)
    .addOption(followOption('follow the output to its end; on a claimed instance, from the first byte of its run'))
    .addOption(new Option('--raw', 'print the bytes unchanged').conflicts('json').default(false))
    .action(async (wanted: string | undefined, flags: LogsFlags) => {
      const { logs, logsOfAll } = await import('./logs.ts');
      await (wanted === undefined ? logsOfAll(flags) : logs(wanted, flags));
    });
  add('events', 'print the events of a running emulator', remoteOptions)
    .argument('[instance]', `only those of one instance: ${anInstance}`)
    .option('--name <event>', 'only those of this name, such as instance.ended')
    .addOption(followOption('follow until the emulator stops'))
    .action(async (wanted: string | undefined, flags: EventsFlags) => (await happenings()).events(wanted, flags));
  add('requests', 'print the requests to a running emulator and to its functions', remoteOptions)
    .addArgument(new Argument('[id]', 'number of one, to print its bodies, too').argParser(parseId))
    .addOption(followOption('follow until the emulator stops'))
    .action(async (id: string | undefined, flags: RequestsFlags) => (await happenings()).requests(id, flags));
  add('record', 'save what the emulator was asked and has answered, for replay', remoteOptions)
    .argument('[file]', 'where to (default: the standard output)')
    .option('--clear', 'begin the recording again, and print nothing of it', false)
    .action(async (path: string | undefined, flags: RecordFlags) => (await import('./record.ts')).record(path, flags));
  add('reset', 'take a running emulator back to how it began', remoteOptions).action(async (flags: RemoteFlags) =>
    (await remote()).reset(flags),
  );

  add('scale', 'give a function another number of instances, within its max_pool_size', remoteOptions)
    .argument('<function>', aFunction)
    .addArgument(new Argument('<instances>', 'how many').argParser(parseCount))
    .action(async (name: string, instances: number, flags: RemoteFlags) =>
      (await remote()).scale(name, instances, flags),
    );
  add('status', 'say which emulator runs, and whether it is ready', remoteOptions).action(async (flags: RemoteFlags) =>
    exitWith(await (await import('./stop-and-status.ts')).status(flags)),
  );
  add('stop', 'stop a running emulator, and wait until it is gone', remoteOptions).action(async (flags: RemoteFlags) =>
    (await import('./stop-and-status.ts')).stop(flags),
  );

  const clock = add('clock', "print the time of the emulator's clock, and its next deadline", remoteOptions).action(
    async (flags: RemoteFlags) => (await remote()).clock({ attempt: 'read the clock' }, flags),
  );
  for (const { name, does, attempt, path, body } of clockOperations) {
    add(name, does, [], clock).action(async (_flags: object, command: Command) =>
      (await remote()).clock({ attempt, path, ...(body && { body }) }, merged(command)),
    );
  }
  add('advance', 'move the clock on, and do all that falls due', [], clock)
    .addArgument(new Argument('<time>', 'how far, such as 10s or 1h30m').argParser(parseTime))
    .action(async (ms: number, _flags: object, command: Command) =>
      (await remote()).clock({ attempt: 'advance the clock', path: '/advance', body: { ms } }, merged(command)),
    );

  const faults = add('faults', 'list the faults set in a running emulator', remoteOptions).action(
    async (flags: RemoteFlags) => (await remote()).listFaults(flags),
  );
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
};

const clockOperations = [
  { name: 'freeze', does: 'stop the clock', attempt: 'freeze the clock', path: '/freeze', body: null },
  { name: 'resume', does: 'let the clock run again', attempt: 'resume the clock', path: '/resume', body: null },
  {
    ...{ name: 'next', does: 'move the clock to its next deadline, and do what falls due' },
    ...{ attempt: 'move the clock to its next deadline', path: '/advance', body: { to: 'next_deadline' } },
  },
];

const parseTime = (text: string): number => {
  const duration = parseDuration(text);
  if (duration.ok) return duration.value;
  throw new InvalidArgumentError(`Give ${duration.expected}.`);
};

const parseId = (text: string): string => {
  if (/^\d{1,15}$/.test(text)) return text;
  throw new InvalidArgumentError('Give the number of a request: requests lists them.');
};

/** A fault as control API and fixtures have it. */
const parseFault = (text: string): object => {
  try {
    const fault: unknown = JSON.parse(text);
    if (isRecord(fault)) return fault;
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError('Write a JSON object such as {"effect":{"type":"delay","ms":500}}.');
};
