import { isDeepStrictEqual } from 'node:util';
import type { Command, Effect } from '../scheduler/commands.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import { toMessage } from '../shared/errors.ts';
import type { ContainerId } from '../shared/ids.ts';
import type { FunctionChange, FunctionSetup } from './service.ts';

/** A function of the stack before a reload, of the stack after it, or of both. */
type Compared = {
  /** As it is after the reload; as it was where the stack has it no more. */
  readonly setup: FunctionSetup;
  readonly isRemoved: boolean;
  /** Null where the stack did not have it. */
  readonly sizeBefore: number | null;
  /** What is other than before, also where only runs were left of it. */
  readonly differs: FunctionChange['differs'];
};

/** The functions before a reload that the stack has no more, and those that it has now. */
export const compareFunctions = (
  { pools }: Scheduler,
  setups: ReadonlyMap<ContainerId, FunctionSetup>,
  functions: readonly FunctionSetup[],
): readonly Compared[] => {
  const before = new Map([...pools].map((pool) => [pool.spec.containerId, pool]));
  const removed = [...before].flatMap(([containerId, { isRemoved, instances }]): readonly Compared[] => {
    const setup = setups.get(containerId);
    const isKept = isRemoved || functions.some(({ pool }) => pool.containerId === containerId);
    if (setup === undefined || isKept) return [];
    return [{ setup, isRemoved: true, sizeBefore: instances.length, differs: [] }];
  });
  const present = functions.map((setup): Compared => {
    const pool = before.get(setup.pool.containerId);
    const known = pool && setups.get(setup.pool.containerId);
    const sizeBefore = known && !pool.isRemoved ? pool.instances.length : null;
    return { setup, isRemoved: false, sizeBefore, differs: known ? compareSetups(known, setup) : [] };
  });
  return [...removed, ...present];
};

/** Seen at the first instance: the others differ from it in names and addresses alone. */
const compareSetups = (before: FunctionSetup, now: FunctionSetup): FunctionChange['differs'] => {
  const [one, other] = [before, now].map(({ pool, describeInstance }) => {
    const { container, network, checks } = describeInstance(pool.instanceIdAt(0), 0);
    const { hot, warm, instanceIdAt: _id, ...limits } = pool;
    const { image, ...rest } = container;
    return { image, options: { rest, network, checks, hot, warm }, limits };
  });
  return (['image', 'options', 'limits'] as const).filter((part) => !isDeepStrictEqual(one?.[part], other?.[part]));
};

/** The command to the rules for a stack that has changed so. */
export const toReload = (
  compared: readonly Compared[],
  otherContainers: readonly ContainerId[],
): Extract<Command, { type: 'reload' }> => ({
  type: 'reload',
  otherContainers,
  pools: compared
    .filter(({ isRemoved }) => !isRemoved)
    .map(({ setup, differs }) => ({ spec: setup.pool, isRenewed: differs.some((part) => part !== 'limits') })),
});

/** An effect that is being carried out; of a container that is made, `failure` resolves to the reason why not, or null. */
export type Done = { readonly effect: Effect; readonly failure: Promise<unknown> | undefined };

/** What a reload has changed, once all containers are made that it has asked for. To be called in its own turn. */
export const describeReload = async (
  scheduler: Scheduler,
  compared: readonly Compared[],
  done: readonly Done[],
): Promise<readonly FunctionChange[]> =>
  await Promise.all(
    compared
      .filter(({ isRemoved, sizeBefore, differs }) => isRemoved || sizeBefore === null || differs.length > 0)
      .map(async ({ setup, isRemoved, sizeBefore, differs }): Promise<FunctionChange> => {
        const { identifier: name, pool } = setup;
        const { instances = [], counts, active } = scheduler.pool(pool.containerId) ?? {};
        const change = {
          ...{ name, containerId: pool.containerId },
          kind: isRemoved ? ('removed' as const) : sizeBefore === null ? ('added' as const) : ('changed' as const),
          differs: sizeBefore === null ? [] : differs,
          size: instances.length,
          sizeBefore: sizeBefore ?? 0,
          left: (counts?.claimed ?? 0) + (active?.size ?? 0),
        };
        const isMade = ({ effect }: Done) =>
          effect.type === 'prepare' && instances.some(({ id }) => id === effect.instanceId);
        const failures = await Promise.all(done.filter(isMade).map(({ failure }) => failure));
        const failed = failures.filter((failure) => failure !== null && failure !== undefined);
        const failure = failed.length === 0 ? null : toMessage(failed[0]);
        return { ...change, made: failures.length - failed.length, failure };
      }),
  );
