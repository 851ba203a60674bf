import { isDeepStrictEqual } from 'node:util';
import type { Command, Effect } from '../scheduler/commands.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import { toMessage } from '../shared/errors.ts';
import type { ContainerId } from '../shared/ids.ts';
import type { FunctionChange, FunctionSetup } from './service.ts';

/** What is other than before, seen at the first instance: the others differ from it in names and addresses alone. */
const compareSetups = (before: FunctionSetup, now: FunctionSetup): FunctionChange['differs'] => {
  const [one, other] = [before, now].map(({ pool, describeInstance }) => {
    const { container, network, checks } = describeInstance(pool.instanceIdAt(0), 0);
    const { hot, warm, instanceIdAt: _id, ...limits } = pool;
    const { image, ...rest } = container;
    return { image, options: { rest, network, checks, hot, warm }, limits };
  });
  return (['image', 'options', 'limits'] as const).filter((part) => !isDeepStrictEqual(one?.[part], other?.[part]));
};

/** The pools before a reload, those among them that an earlier one has removed and whose runs go on. */
type Before = ReadonlyMap<
  ContainerId,
  { readonly setup: FunctionSetup; readonly size: number; readonly isRemoved: boolean }
>;

export const poolsNow = ({ pools }: Scheduler, setups: ReadonlyMap<ContainerId, FunctionSetup>): Before =>
  new Map(
    [...pools].flatMap(({ spec: { containerId }, instances, isRemoved }) => {
      const setup = setups.get(containerId);
      return setup === undefined ? [] : [[containerId, { setup, size: instances.length, isRemoved }]];
    }),
  );

/** The command to the rules for a stack that has these functions now. */
export const toReload = (
  before: Before,
  functions: readonly FunctionSetup[],
  otherContainers: readonly ContainerId[],
): Extract<Command, { type: 'reload' }> => ({
  type: 'reload',
  otherContainers,
  pools: functions.map((setup) => {
    const known = before.get(setup.pool.containerId)?.setup;
    const differs = known === undefined ? [] : compareSetups(known, setup);
    return { spec: setup.pool, isRenewed: differs.some((part) => part !== 'limits') };
  }),
});

/** An effect that is being carried out; of a container that is made, `failure` resolves to the reason why not, or null. */
export type Done = { readonly effect: Effect; readonly failure: Promise<unknown> | undefined };

/** What a reload has changed, once all containers are made that it has asked for. To be called in its own turn. */
export const describeReload = async (
  scheduler: Scheduler,
  before: Before,
  functions: readonly FunctionSetup[],
  done: readonly Done[],
): Promise<readonly FunctionChange[]> => {
  const removed = [...before.values()].filter(
    ({ setup, isRemoved }) => !isRemoved && !functions.some(({ pool }) => pool.containerId === setup.pool.containerId),
  );
  const changes = [...removed.map(({ setup }) => setup), ...functions].map((setup) => {
    const { identifier: name, pool } = setup;
    const { containerId } = pool;
    const known = before.get(containerId);
    const isKnown = known !== undefined && !known.isRemoved;
    const { instances = [], counts, active, isRemoved = true } = scheduler.pool(containerId) ?? {};
    return {
      ...{ name, containerId },
      kind: isRemoved ? ('removed' as const) : isKnown ? ('changed' as const) : ('added' as const),
      differs: isKnown && !isRemoved ? compareSetups(known.setup, setup) : [],
      size: instances.length,
      sizeBefore: isKnown ? known.size : 0,
      left: (counts?.claimed ?? 0) + (active?.size ?? 0),
      making: done.filter(
        ({ effect }) => effect.type === 'prepare' && instances.some(({ id }) => id === effect.instanceId),
      ),
    };
  });
  return await Promise.all(
    changes
      .filter(({ kind, differs }) => kind !== 'changed' || differs.length > 0)
      .map(async ({ making, ...change }): Promise<FunctionChange> => {
        const failures = await Promise.all(making.map(({ failure }) => failure));
        const failed = failures.filter((failure) => failure !== null && failure !== undefined);
        return {
          ...change,
          made: failures.length - failed.length,
          failure: failed.length === 0 ? null : toMessage(failed[0]),
        };
      }),
  );
};
