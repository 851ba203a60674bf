import { type PrunedImages, pruneImages } from '../../runtime/docker/images/built-images.ts';
import { type Pruned, pruneLeftovers } from '../../runtime/docker/session/leftovers.ts';
import { EmulatorError } from '../../shared/errors.ts';
import { print, printJson } from '../output.ts';

export type PruneFlags = {
  readonly all: boolean;
  readonly dryRun: boolean;
  readonly images: boolean;
  readonly docker?: string;
  readonly json: boolean;
};

/** `prune`: removes what emulators left that no longer run. Fails, when all else is removed, with what could not be. */
export const prune = async ({ json, images: takesImages, ...options }: PruneFlags): Promise<void> => {
  const pruned = await pruneLeftovers(options);
  const { leftovers, failed, held } = pruned;
  // After the containers that use them.
  const without = leftovers.filter(({ kind }) => kind === 'container').map(({ name }) => name);
  const images = takesImages ? await pruneImages({ ...options, without }) : null;
  if (json) {
    const failures = failed.map(({ error, ...leftover }) => ({ ...leftover, reason: error.message }));
    printJson({ dryRun: options.dryRun, leftovers, failed: failures, held, ...(images && { images: toJson(images) }) });
  } else describe(pruned, images, options.dryRun ? 'would remove' : 'removed');
  const errors = [...failed, ...(images?.failed ?? [])].map(({ error }) => error);
  const [first] = errors;
  if (first) throw new EmulatorError(first.code, errors.map(({ message }) => message).join('\n'));
};

const toJson = ({ failed, ...images }: PrunedImages): object => ({
  ...images,
  failed: failed.map(({ name, error }) => ({ name, reason: error.message })),
});

const describe = ({ leftovers, failed, held }: Pruned, images: PrunedImages | null, verb: string): void => {
  const { removed = [], used = [] } = images ?? {};
  for (const { kind, name, session } of leftovers) print(`${verb} ${kind} ${name} (session ${session})`);
  for (const { session, stateFile, count } of held) {
    print(`kept ${count} of session ${session} for ${stateFile} (to end it, remove that file, or use --all)`);
  }
  for (const name of removed) print(`${verb} image ${name}`);
  for (const name of used) print(`kept image ${name} (a container uses it)`);
  if (
    leftovers.length + failed.length + held.length + removed.length + used.length + (images?.failed.length ?? 0) ===
    0
  )
    print('Nothing is left behind.');
};
