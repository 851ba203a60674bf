import { type Pruned, pruneLeftovers } from '../runtime/docker/leftovers.ts';
import { EmulatorError } from '../shared/errors.ts';
import { print, printJson } from './output.ts';

export type PruneFlags = {
  readonly all: boolean;
  readonly dryRun: boolean;
  readonly docker?: string;
  readonly json: boolean;
};

/** `prune`: removes what emulators left that no longer run. Fails, when all else is removed, with what could not be. */
export const prune = async ({ json, ...options }: PruneFlags): Promise<void> => {
  const pruned = await pruneLeftovers(options);
  const { leftovers, failed, held } = pruned;
  if (json) {
    const failures = failed.map(({ error, ...leftover }) => ({ ...leftover, reason: error.message }));
    printJson({ dryRun: options.dryRun, leftovers, failed: failures, held });
  } else describe(pruned, options.dryRun ? 'would remove' : 'removed');
  const [first] = failed;
  if (first) throw new EmulatorError(first.error.code, failed.map(({ error }) => error.message).join('\n'));
};

const describe = ({ leftovers, failed, held }: Pruned, verb: string): void => {
  for (const { kind, name, session } of leftovers) print(`${verb} ${kind} ${name} (session ${session})`);
  for (const { session, stateFile, count } of held) {
    print(`kept ${count} of session ${session} for ${stateFile} (to end it, remove that file, or use --all)`);
  }
  if (leftovers.length + failed.length + held.length === 0) print('Nothing is left behind.');
};
