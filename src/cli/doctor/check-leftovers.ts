import { pruneLeftovers } from '../../runtime/docker/leftovers.ts';
import { type Finding, ok, toFailure, warn } from './finding.ts';

/** Whether emulators that no longer run have left anything. Nothing is removed. */
export const checkLeftovers = async (docker: string | undefined): Promise<Finding> => {
  try {
    const { leftovers } = await pruneLeftovers({ docker, dryRun: true });
    if (leftovers.length === 0) return ok('Leftovers', 'none');
    const count = (kind: string): number => leftovers.filter((leftover) => leftover.kind === kind).length;
    const found = ['container', 'network', 'volume'].flatMap((kind) =>
      count(kind) === 0 ? [] : [`${count(kind)} ${kind}${count(kind) === 1 ? '' : 's'}`],
    );
    return warn('Leftovers', `${found.join(', ')} of emulators that no longer run`, 'cycle-scheduler prune');
  } catch (error) {
    return toFailure('Leftovers', error);
  }
};
