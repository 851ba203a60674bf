import { pruneLeftovers } from '../runtime/docker/leftovers.ts';
import { print, printJson } from './output.ts';

export type PruneFlags = {
  readonly all: boolean;
  readonly dryRun: boolean;
  readonly docker?: string;
  readonly json: boolean;
};

/** `prune`: removes what emulators left that no longer run. */
export const prune = async ({ json, ...options }: PruneFlags): Promise<void> => {
  const { leftovers, held } = await pruneLeftovers(options);
  if (json) return printJson({ dryRun: options.dryRun, leftovers, held });
  const verb = options.dryRun ? 'would remove' : 'removed';
  for (const { kind, name, session } of leftovers) print(`${verb} ${kind} ${name} (session ${session})`);
  for (const { session, stateFile, count } of held) {
    print(`kept ${count} of session ${session} for ${stateFile} (to end it, remove that file, or use --all)`);
  }
  if (leftovers.length === 0 && held.length === 0) print('Nothing is left behind.');
};
