import { type Command, CommanderError } from 'commander';
import { describeFailure } from '../shared/errors.ts';
import { didYouMean } from '../shared/suggest.ts';
import { printError, printWarnings } from './output.ts';
import { createProgram } from './program.ts';

const exitCodes = { fine: 0, failed: 1, badUsage: 2 } as const;

/** Runs the command line and answers the exit code. Failures are one clear line on stderr, never a stack trace. */
export const runCli = async (argv: readonly string[]): Promise<number> => {
  let exitCode: number = exitCodes.fine;
  const exitWith = (code: number): void => {
    exitCode = code;
  };
  try {
    const [own, command] = splitAtCommand(argv);
    const program = createProgram(exitWith, command);
    forgetSwitchesThatAreOff(program, process.env);
    program.hook('preAction', () => printWarnings(findUnknownVariables(program, process.env)));
    await program.parseAsync([...own]);
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.fine : exitCodes.badUsage;
    printError(describeFailure(error));
    return exitCode === exitCodes.fine ? exitCodes.failed : exitCode;
  }
};

/** For `exec`, what stands after `--` is not ours to read. */
const splitAtCommand = (argv: readonly string[]): readonly [readonly string[], readonly string[]] => {
  const at = argv[2] === 'exec' ? argv.indexOf('--') : -1;
  return at === -1 ? [argv, []] : [argv.slice(0, at), argv.slice(at + 1)];
};

const off = ['', '0', 'false', 'no', 'off'];

/** Switches are on in the environment when their variable says so, not by its mere presence. */
const forgetSwitchesThatAreOff = (program: Command, env: NodeJS.ProcessEnv): void => {
  for (const { envVar, required } of program.commands.flatMap(({ options }) => options))
    if (envVar !== undefined && !required && off.includes(env[envVar]?.toLowerCase() ?? '')) delete env[envVar];
};

const prefix = 'CYCLE_SCHEDULER_';

/** One of our variables that is none would be heeded by nothing. */
const findUnknownVariables = (program: Command, environment: NodeJS.ProcessEnv): readonly string[] => {
  const known = program.commands.flatMap(({ options }) => options.map(({ envVar = '' }) => envVar));
  const bare = known.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  return Object.keys(environment)
    .filter((name) => name.startsWith(prefix) && !known.includes(name))
    .map((name) => {
      const hint = didYouMean(name.slice(prefix.length), bare).replace('"', `"${prefix}`);
      return `no setting has the variable ${name}, so it is ignored${hint}`;
    });
};
