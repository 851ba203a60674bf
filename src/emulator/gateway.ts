import { networkInterfaces } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { createDomains, type Domains } from '../gateway/domains.ts';
import { ConnectionEnded } from '../gateway/failure.ts';
import { type Gateway, type GatewayOptions, openGateway } from '../gateway/gateway.ts';
import { hostHeader } from '../gateway/headers.ts';
import { toGatewayPolicies } from '../profile/imitate-gateway.ts';
import { parseSubnet } from '../runtime/docker/networks/addresses.ts';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
import { silentLogger } from '../shared/logger.ts';
import { quote } from '../shared/render-value.ts';
import { chooseDomain, findPathFault, toDomainTable, whyUnreached } from '../stack/domains.ts';
import type { Stack } from '../stack/model.ts';
import type { Core } from './core.ts';
import type { Emulator, EmulatorOptions } from './public-types.ts';

/** Why no function is reached over HTTP; null where one is. */
export const whyNoGateway = (
  { runtime }: Pick<Core, 'runtime'>,
  stack: Stack,
  { gateway = true }: EmulatorOptions,
): string | null => {
  if (!gateway) return 'the gateway is turned off';
  if (runtime.kind === 'simulated') return 'the simulated runtime runs no function';
  return toDomainTable(stack).length === 0 ? 'no function of the stack has a public network with a port' : null;
};

/**
 * Opens the gateway, unless it is turned off or there is nothing that it could reach.
 *
 * @throws EmulatorError `portUnavailable`
 */
export const startGateway = async (
  core: Core,
  stack: Stack,
  options: EmulatorOptions,
  record: NonNullable<GatewayOptions['record']>,
): Promise<Gateway | null> => {
  const { gatewayPort = 0, gatewayRoute, host = '127.0.0.1', logger = silentLogger } = options;
  if (whyNoGateway(core, stack, options) !== null) return null;
  const policies = toGatewayPolicies(options.profile?.answers ?? {});
  const { events, live } = core;
  // Remembered: the system does not list a bridge's address while no container runs on it.
  let isRouted = gatewayRoute === 'network';
  return await openGateway({
    domains: followDomains(live),
    service: core.inProcess,
    subscribe: (listener) => core.engine.subscribe(listener),
    onReset: (listener) => core.linked.onReset(listener),
    newToken: () => core.linked.newToken(),
    hasReadinessCheck: (id) =>
      live.stack.functions.some((one) => one.containerId === id && one.checks.readiness !== null),
    graceMsOf: (id) => live.stack.functions.find((one) => one.containerId === id)?.shutdown.graceMs ?? 0,
    clock: core.faults.clock,
    faults: core.faults,
    logger,
    emit: (event) => events.emit(event),
    record,
    addressOf: ({ network, publishedPorts }, port) => {
      isRouted ||= gatewayRoute === undefined && isRoutedHere(network.networkSubnet);
      if (isRouted) return { host: network.ipv4, port, listensInside: null };
      const published = publishedPorts[port];
      const listensInside = () => core.runtimeWithFaults.listens(network.ipv4, port);
      if (published !== undefined) return { host: core.runtime.publishedHost, port: published, listensInside };
      // No port of a run that is over is published, and its end says more.
      throw new ConnectionEnded(
        `The functions' network is not reached from this machine, and port ${port} is not published. Name it in config.network.ports.`,
      );
    },
    policies: options.instancePer === undefined ? policies : { ...policies, instancePer: options.instancePer },
    host,
    ...(typeof gatewayPort === 'number'
      ? { port: gatewayPort }
      : { port: gatewayPort.preferred, isPortPreferred: true }),
  });
};

/** The domains of the stack as it is at each request. */
const followDomains = (live: Core['live']): Domains => {
  let of = live.stack;
  let domains = createDomains(of);
  const now = (): Domains => {
    if (of !== live.stack) domains = createDomains(live.stack);
    of = live.stack;
    return domains;
  };
  return {
    get table() {
      return now().table;
    },
    find: (host, target) => now().find(host, target),
  };
};

/**
 * Whether this machine has an address in the network: then it sends packets there by itself. With Docker Desktop or an
 * engine on another machine it has none.
 */
const isRoutedHere = (subnet: string): boolean =>
  Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ cidr }) => cidr !== null && isDeepStrictEqual(parseSubnet(cidr), parseSubnet(subnet))),
  );

/** To be called once all servers listen: before that, none may start. */
export const warnOfOtherPort = (
  { port }: Gateway,
  { gatewayPort = 0, logger = silentLogger }: EmulatorOptions,
): void => {
  if (typeof gatewayPort === 'number' || port === gatewayPort.preferred) return;
  const taken = `Port ${gatewayPort.preferred} is taken, so functions are served on another one.`;
  logger.warn({}, `${taken} --gateway-port chooses one.`);
};

/** Runs that an earlier process began for callers that are gone with it. */
export const releaseAbandoned = async ({ engine, service, linked }: Core): Promise<void> => {
  // Found in one turn: later, the gateway may hold instances for requests of its own.
  const held = engine.readiness().functions.flatMap(({ containerId }) =>
    engine.views
      .instancesOf(containerId)
      .filter(({ id }) => linked.has(id))
      .map(({ id: instanceId }) => ({ containerId, instanceId, token: engine.holderOf(instanceId) ?? '' })),
  );
  await Promise.all(held.map((claim) => service.release(claim)));
};

/** What a user has of the gateway. */
export const toGatewayAccess = (
  gateway: Gateway | null,
  noGateway: string | null,
  functions: () => readonly string[],
): Pick<Emulator, 'gatewayUrl' | 'fetch'> => ({
  gatewayUrl: gateway?.url ?? null,
  fetch: async (name, path = '/', init = {}) => {
    if (gateway === null) throw refuse(name, path, `${noGateway}, so none is reached over HTTP`);
    const fault = findPathFault(path);
    if (fault !== null) throw refuse(name, path, fault);
    const { domains } = gateway;
    const chosen = chooseDomain(name, path, domains);
    if (chosen === null) throw refuse(name, path, whyUnreached(name, domains, functions()));
    const headers = new Headers(init.headers);
    headers.set(hostHeader, `${chosen.domain}:${chosen.port ?? gateway.port}`);
    return await fetch(`${gateway.url}${path}`, { ...init, headers });
  },
});

const refuse = (name: string, path: string, reason: string): EmulatorError =>
  new EmulatorError(
    errorCodes.badOption,
    `Failed to fetch ${quote(path)} of ${name}: ${reason}. Correct the call of fetch.`,
  );
