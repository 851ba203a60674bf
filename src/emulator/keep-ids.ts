import { EmulatorError, errorCodes } from '../shared/errors.ts';
import type { ContainerId } from '../shared/ids.ts';
import { derivedIds } from '../stack/emulator-section.ts';
import type { Stack } from '../stack/model.ts';

type Container = { readonly identifier: string; readonly containerId: ContainerId };

/**
 * The new stack with the IDs of the running one, which callers have got, and the names of those that it states otherwise.
 * IDs are derived from a name, by default the file's: another file of the same functions shall not replace them.
 */
export const keepIds = (before: Stack, found: Stack): { readonly stack: Stack; readonly stated: readonly string[] } => {
  const { name, isStated } = found.idsFrom;
  const known = new Map(containersOf(before).map(({ identifier, containerId }) => [identifier, containerId]));
  const stated: string[] = [];
  const expect = (what: string, kept: string, given: string, isGiven: boolean): void => {
    if (isGiven && kept !== given) stated.push(what);
  };
  const { environment, serverId } = before;
  const isEnvironmentGiven = isStated || found.environment.id !== derivedIds.environment(name);
  expect('emulator.environment', environment.id, found.environment.id, isEnvironmentGiven);
  expect('emulator.server', serverId, found.serverId, isStated || found.serverId !== derivedIds.server(name));
  const keep = <Kept extends Container>(container: Kept): Kept => {
    const { identifier, containerId } = container;
    const running = known.get(identifier);
    const isGiven = containerId !== derivedIds.container(name, identifier);
    if (running !== undefined) expect(`emulator.containers.${identifier}.id`, running, containerId, isGiven);
    const added = isGiven ? containerId : derivedIds.container(before.idsFrom.name, identifier);
    return { ...container, containerId: running ?? added };
  };
  const functions = found.functions.map(keep);
  const stack = { ...found, functions, otherContainers: found.otherContainers.map(keep) };
  refuseSharedIds(stack);
  return { stack: { ...stack, idsFrom: before.idsFrom, environment, serverId }, stated };
};

const containersOf = ({ functions, otherContainers }: Stack): readonly Container[] => [
  ...functions,
  ...otherContainers,
];

/** A stack that gives the ID of a running container to another one, and leaves the running one in place. */
const refuseSharedIds = (stack: Stack): void => {
  const owners = new Map<ContainerId, string>();
  for (const { identifier, containerId } of containersOf(stack)) {
    const other = owners.get(containerId);
    if (other !== undefined) {
      const reason = `the ID ${containerId} is that of ${other} until a restart, and ${identifier} would have it, too`;
      const remedy = 'Give each its own under emulator.containers, or restart';
      throw new EmulatorError(errorCodes.stackInvalid, `Failed to reload the stack: ${reason}. ${remedy}.`);
    }
    owners.set(containerId, identifier);
  }
};
