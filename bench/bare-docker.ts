import { randomBytes } from 'node:crypto';
import Docker from 'dockerode';
import { toFunctionSetup } from '../src/emulator/pools.ts';
import { createAddressPlan, preferredNumberOf } from '../src/environment/addresses.ts';
import { toCreateOptions } from '../src/runtime/docker/containers/create-options.ts';
import { connectDocker, describeDocker } from '../src/runtime/docker/engine/connection.ts';
import { toSessionLabels } from '../src/runtime/docker/engine/labels.ts';
import { makeNetwork } from '../src/runtime/docker/networks/network.ts';
import { identifyThisProcess } from '../src/runtime/docker/session/owner.ts';
import { listResources, removeResources } from '../src/runtime/docker/session/session-resources.ts';
import { startWatchdog } from '../src/runtime/watchdog/start-watchdog.ts';
import { version } from '../src/shared/package.ts';
import type { Stack } from '../src/stack/model.ts';

/** The engine's client without the emulator around it. Disposing removes all that was made through it. */
export type BareDocker = AsyncDisposable & {
  readonly docker: Docker;
  /** By these, containers that others make are removed along. */
  readonly labels: Readonly<Record<string, string>>;
  /**
   * Makes the equal of the instance that the emulator would have at this place of the function's pool: all options the
   * same, so that only the way there can differ. With variables that container is another one.
   */
  create(functionName: string, place: number, variables?: Readonly<Record<string, string>>): Promise<Docker.Container>;
};

/** Makes a network like the emulator's for the stack's environment. A watchdog removes what a killed bench leaves. */
export const openBareDocker = async (stack: Stack): Promise<BareDocker> => {
  await using unfinished = new AsyncDisposableStack();
  const connection = unfinished.use(await connectDocker());
  const id = `bench-${randomBytes(6).toString('hex')}`;
  const session = { id, version, owner: identifyThisProcess(), ownerContainer: null, durable: null };
  unfinished.use(startWatchdog({ session: id, endpoint: connection.endpoint }, () => {}));
  unfinished.defer(async () => removeResources(connection, await listResources(connection, id)));

  const { functions, environment, serverId } = stack;
  const network = await makeNetwork(
    { connection, session, ownContainer: null },
    environment.id,
    preferredNumberOf(environment.id),
  );
  const { cpus } = await describeDocker(connection);
  const pools = functions.map(({ containerId, pool }) => ({ containerId, maxPoolSize: pool.maxPoolSize }));
  const addresses = createAddressPlan(environment.id, network, pools);
  const docker = new Docker({ socketPath: new URL(connection.endpoint.url).pathname });
  const imageIds = new Map<string, string>();
  /** Containers are made by ID, as the emulator makes them. */
  const imageIdOf = async (reference: string): Promise<string> => {
    const id = imageIds.get(reference) ?? (await docker.getImage(reference).inspect()).Id;
    imageIds.set(reference, id);
    return id;
  };
  let serial = 0;
  const kept = unfinished.move();
  return {
    docker,
    labels: toSessionLabels(session),
    create: async (functionName, place, variables = {}) => {
      const spec = functions.find(({ identifier }) => identifier === functionName);
      if (spec?.image.type !== 'registry') throw new Error(`the stack has no function ${functionName} of an image`);
      const image = await imageIdOf(spec.image.reference);
      const setup = toFunctionSetup(spec, { serverId, addresses, image, hot: 0 });
      const { container, environmentWith } = setup.describeInstance(setup.pool.instanceIdAt(place), place);
      serial += 1;
      const options = toCreateOptions(container, environmentWith(variables), {
        session,
        network,
        cpus,
        publishOn: '127.0.0.1',
        launcher: null,
      });
      return await docker.createContainer({ ...options, name: `cycle-${id}-${container.name}-${serial}` });
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
};

/** Ends it if it runs, and takes its anonymous volumes along, as the emulator does. */
export const removeBare = async (container: Docker.Container): Promise<void> => {
  await container.remove({ force: true, v: true });
};
