import { pruneLeftovers } from '../runtime/docker/leftovers.ts';
import { print, printJson } from './output.ts';

export type PruneFlags = {
  readonly all: boolean;
  readonly dryRun: boolean;
  readonly docker?: string;
  readonly json: boolean;
};

/** `prune`: removes what emulators left that run no more. */
export const prune = async ({ json, ...options }: PruneFlags): Promise<void> => {
  const leftovers = await pruneLeftovers(options);
  if (json) return printJson({ dryRun: options.dryRun, leftovers });
  if (leftovers.length === 0) return print('Nothing is left behind.');
  const verb = options.dryRun ? 'would remove' : 'removed';
  for (const { kind, name, session } of leftovers) print(`${verb} ${kind} ${name} (session ${session})`);
};
