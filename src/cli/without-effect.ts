import type { Command } from 'commander';
import { didYouMean } from '../shared/suggest.ts';

const prefix = 'CYCLE_SCHEDULER_';

/** One of our variables that is none would be heeded by nothing. */
export const findUnknownVariables = (program: Command, environment: NodeJS.ProcessEnv): readonly string[] => {
  const known = program.commands
    .flatMap(({ options }) => options.map(({ envVar = '' }) => envVar))
    .filter((name) => name.startsWith(prefix));
  const bare = known.map((name) => name.slice(prefix.length));
  return Object.keys(environment)
    .filter((name) => name.startsWith(prefix) && !known.includes(name))
    .map((name) => {
      const hint = didYouMean(name.slice(prefix.length), bare).replace('"', `"${prefix}`);
      return `no setting has the variable ${name}, so it is ignored${hint}`;
    });
};

type Values = Readonly<Record<string, unknown>>;

/** Which flags of `start` say nothing beside which others, by the names of commander. */
const idle: readonly {
  readonly flags: readonly string[];
  readonly beside: (values: Values) => boolean;
  readonly why: string;
}[] = [
  {
    flags: ['pull', 'network', 'functionsUrl', 'docker', 'keep', 'watchdog', 'gatewayPort', 'gatewayRoute', 'gateway'],
    beside: ({ runtime }) => runtime === 'simulated',
    why: 'the simulated runtime runs no containers',
  },
  {
    flags: ['gatewayPort', 'gatewayRoute'],
    beside: ({ gateway, runtime }) => gateway === false && runtime !== 'simulated',
    why: '--no-gateway serves no functions over HTTP',
  },
  {
    flags: ['controlPort', 'recordingLimit', 'ui', 'uiHost', 'open'],
    beside: ({ control }) => control === false,
    why: '--no-control serves no control API',
  },
  {
    flags: ['uiHost', 'open'],
    beside: ({ control, ui }) => control !== false && ui === false,
    why: '--no-ui serves no page',
  },
];

/** Only what the command line itself gives: variables are often set for many commands at once. */
export const findWithoutEffect = (start: Command): readonly string[] => {
  const values = start.opts();
  return idle
    .filter(({ beside }) => beside(values))
    .flatMap(({ flags, why }) =>
      start.options
        .filter((option) => flags.includes(option.attributeName()))
        .filter((option) => start.getOptionValueSource(option.attributeName()) === 'cli')
        .map(({ long }) => `${long} has no effect, since ${why}`),
    );
};
