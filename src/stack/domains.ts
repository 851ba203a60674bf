import type { ContainerId } from '../shared/ids.ts';
import { portInside, toDomain } from './linked.ts';
import type { Controller, Router, Stack } from './model.ts';
import { compilePathPattern } from './path-pattern.ts';
import { type Cursor, child, entriesOf } from './reading/readers.ts';

/** A name under which a function is reached. */
export type Domain = {
  readonly domain: string;
  /** As the stack writes it; null where every path is the function's. */
  readonly matchPath: string | null;
  readonly identifier: string;
  readonly containerId: ContainerId;
  /** Inside the container. */
  readonly port: number;
  /** Paths of the load balancer's routers that may take requests to it, null of all; null where there is no load balancer. */
  readonly routerPaths: readonly (string | null)[] | null;
};

type Reached = Pick<Stack, 'linked' | 'functions' | 'controllers'>;

/** The domains of a stack in the order in which they are tried: those of `emulator.linked`, then `<function>.localhost`. */
export const toDomainTable = ({ linked, functions, controllers }: Reached): readonly Domain[] => {
  const given = linked.flatMap(({ domain, container, port, matchPath }) =>
    functions
      .filter(({ identifier }) => identifier === container)
      .map(({ identifier, containerId }) => ({ domain, matchPath, identifier, containerId, port })),
  );
  const own = functions.flatMap(({ identifier, containerId, network }) => {
    const clear = portInside(network.ports, controllers[0]?.port);
    const port = clear ?? linked.find(({ container }) => container === identifier)?.port ?? null;
    if (network.public !== 'enable' || port === null) return [];
    const domain = `${identifier}.localhost`;
    // Where the stack links it itself, with all of its paths, nothing is left for this one.
    if (given.some((entry) => entry.domain === domain && entry.matchPath === null)) return [];
    return [{ domain, matchPath: null, identifier, containerId, port }];
  });
  return [...given, ...own].map((domain) => ({ ...domain, routerPaths: routerPathsOf(domain, controllers[0]) }));
};

const routerPathsOf = (domain: Place, controller: Controller | undefined): Domain['routerPaths'] =>
  controller?.routers.filter((router) => mayTake(router, domain)).map(({ path }) => path) ?? null;

type Named = Pick<Domain, 'domain' | 'matchPath' | 'identifier'> & Partial<Pick<Domain, 'routerPaths'>>;

export type Chosen = { readonly domain: string; readonly port: string | null };

/**
 * The domain, and the port if the name has one, for a request to a function or a domain by its name: the first domain that
 * leads the path to it, through a router if there are some, else its first; null where there is no such name.
 */
export const chooseDomain = (given: string, target: string, table: readonly Named[]): Chosen | null => {
  const [, name = given, port = null] = /^(.+):(\d{1,5})$/.exec(given) ?? [];
  const path = target.replace(/\?.*/s, '');
  const ofDomain = table.filter(({ domain }) => domain === toDomain(name));
  const own = ofDomain.length > 0 ? ofDomain : table.filter(({ identifier }) => identifier === name);
  const fits = (pattern: string | null) => pattern === null || compilePathPattern(pattern).match(path) !== null;
  const takes = ({ matchPath }: Named) => fits(matchPath);
  // Of another port's controller the gateway knows.
  const passes = ({ routerPaths }: Named) => port !== null || !routerPaths || routerPaths.some(fits);
  const leads = (one: Named) => table.find((entry) => entry.domain === one.domain && takes(entry)) === one;
  const found = own.find((one) => leads(one) && passes(one)) ?? own.find(leads) ?? own[0];
  return found === undefined ? null : { domain: found.domain, port };
};

/** Every name that `chooseDomain` takes, for a message. */
export const namesIn = (table: readonly Named[]): string =>
  [...new Set(table.flatMap(({ identifier, domain }) => [identifier, domain]))].slice(0, 20).join(', ');

/** What the function maps the port outside to. */
export const mappedPort = (
  { functions }: Pick<Stack, 'functions'>,
  { containerId }: Pick<Domain, 'containerId'>,
  outside: number,
): number | undefined =>
  functions.find((spec) => spec.containerId === containerId)?.network.ports.find(({ external }) => external === outside)
    ?.internal;

type Place = Pick<Domain, 'domain' | 'identifier' | 'port'>;

/** Whether a router may take requests to a domain, by all but the path. */
export const mayTake = (router: Router, { domain, identifier, port }: Place): boolean =>
  (router.domains === null || router.domains.includes(domain)) &&
  (router.internalPorts === null || router.internalPorts.includes(port)) &&
  (router.include === null || router.include.includes(identifier)) &&
  !(router.exclude?.includes(identifier) ?? false);

/** Whether a path may fit both; what an expression fits, only requests show. */
const mayMeet = (one: string | null, other: string | null): boolean => {
  if (one === null || other === null || !one.startsWith('/') || !other.startsWith('/')) return true;
  return one.startsWith(other) || other.startsWith(one);
};

const isLetThrough = (stack: Reached, domain: Domain): boolean =>
  stack.controllers.length === 0 ||
  stack.controllers.some(({ port: outside, routers }, index) => {
    const port = (index > 0 && mappedPort(stack, domain, outside)) || domain.port;
    return routers.some((router) => mayTake(router, { ...domain, port }) && mayMeet(router.path, domain.matchPath));
  });

/**
 * Warns of domains of the stack, and of functions at all of their domains, that no router lets through. A function's own
 * domain alone is no reason: routers often name the domains that they are for.
 */
export const reportClosedDomains = (
  { containers, linked }: { readonly containers: Cursor; readonly linked: Cursor },
  stack: Reached,
): void => {
  const table = toDomainTable(stack);
  const isClosed = (domain: Domain) => !isLetThrough(stack, domain);
  const reason = 'through, so each gets 404: add a router that does, or correct match of one';
  const entries = entriesOf(linked);
  // One with a problem has no domain, and then the stack is not used.
  if (entries.length !== stack.linked.length) return;
  entries.forEach((entry, index) => {
    const found = table[index];
    if (found === undefined || !isClosed(found)) return;
    const { path, report } = child(entry, 'domain');
    report.warn(path, `no router of services.loadbalancer lets requests to ${found.domain} ${reason}`);
  });
  for (const { identifier } of stack.functions) {
    const own = table.filter((domain) => domain.identifier === identifier);
    const isLinked = stack.linked.some(({ container }) => container === identifier);
    if (isLinked || own.length === 0 || !own.every(isClosed)) continue;
    containers.report.warn(
      [...child(containers, identifier).path, 'config', 'network', 'public'],
      `no router of services.loadbalancer lets requests to ${identifier} ${reason}`,
    );
  }
};
