import { isDeepStrictEqual } from 'node:util';
import type { EnvironmentNetwork } from '../runtime/port.ts';
import { toDomainTable } from '../stack/domains.ts';
import type { Stack } from '../stack/model.ts';
import type { Core } from './core.ts';
import { keepIds } from './keep-ids.ts';
import { checkReload, isRead, madeKeyName, resolveStack } from './options.ts';
import { type GivenAway, prepareFunctions } from './pools.ts';
import type { EmulatorOptions } from './public-types.ts';
import type { Reload, Reloaded, ReloadOptions } from './reload-types.ts';

export type ReloadParts = {
  readonly core: Core;
  readonly network: EnvironmentNetwork;
  readonly given: GivenAway;
  readonly options: EmulatorOptions;
  readonly hasGateway: boolean;
};

/** Takes over changed stacks, one after the other. */
export const createReload = (parts: ReloadParts): Reload => {
  let last: Promise<unknown> = Promise.resolve();
  return (stack = parts.options.stack, options = {}) => {
    const reloading = last.then(() => {
      const given = typeof stack === 'function' ? stack() : stack;
      checkReload(given, options);
      return reload(parts, given, options);
    });
    last = reloading.catch(() => undefined);
    return reloading;
  };
};

const reload = async (
  { core, network, given, options, hasGateway }: ReloadParts,
  stack: EmulatorOptions['stack'],
  { rebuild }: ReloadOptions,
): Promise<Reloaded> => {
  const begun = performance.now();
  const { root: _root, variables: _variables, variablesFile: _file, ...bare } = options;
  const wasRead = typeof stack !== 'string' && isRead(stack);
  const found = await resolveStack({ ...(wasRead ? bare : options), stack });
  const { runtimeWithFaults, engine, faults, live, events, clock } = core;
  const { needsRestart, ...next } = keepFixed(live.stack, found, hasGateway || options.gateway === false);
  // What `always` asks for, the start has done.
  const pull = options.pull === 'always' ? 'missing' : options.pull;
  const functions = await prepareFunctions(
    runtimeWithFaults,
    network,
    next.stack,
    { ...options, ...(pull === undefined ? {} : { pull }) },
    given,
    ({ identifier }) => rebuild?.includes(identifier) ?? true,
  );
  const { seed, faults: set } = next.stack;
  const hasOtherFaults = !isDeepStrictEqual([seed, set], [live.stack.seed, live.stack.faults]);
  live.stack = next.stack;
  if (hasOtherFaults) faults.reset({ seed, faults: set });
  const others = next.stack.otherContainers.map(({ containerId }) => containerId);
  const changes = await engine.reload(functions, others);
  events.emit({
    name: 'stack.reloaded',
    at: clock.now(),
    containerId: null,
    functions: changes.map(({ name }) => name),
  });
  return { functions: changes, faults: hasOtherFaults, needsRestart, durationMs: performance.now() - begun };
};

/** Parts that a reload leaves as they were, since containers and callers have got them; by their names in the stack. */
const fixed = {
  network: 'emulator.network',
  accessKeys: 'services.scheduler.config.access_keys',
} as const;

/** The new stack with the `fixed` parts of the old one, and the names of those that differ. */
const keepFixed = (before: Stack, given: Stack, hasGateway: boolean) => {
  const { stack: found, stated } = keepIds(before, given);
  const names = (Object.keys(fixed) as (keyof typeof fixed)[]).filter(
    (name) => !isDeepStrictEqual(before[name], found[name]) && !(name === 'accessKeys' && isMade(found)),
  );
  const { network, accessKeys } = before;
  const isUnreached = !hasGateway && toDomainTable(before).length === 0 && toDomainTable(found).length > 0;
  return {
    stack: { ...found, network, accessKeys },
    needsRestart: [...stated, ...names.map((name) => fixed[name]), ...(isUnreached ? ['functions over HTTP'] : [])],
  };
};

/** An object without a key gets another one each time. */
const isMade = ({ accessKeys: [key] }: Stack): boolean => key?.name === madeKeyName;
