import { domainToASCII } from 'node:url';
import type { ContainerId } from '../shared/ids.ts';
import type { Controller, FunctionSpec, Router, Stack } from './model.ts';
import { compilePathPattern } from './path-pattern.ts';
import type { Cursor } from './reading/cursor.ts';

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

/**
 * Which port inside a container a request goes to, where nothing names one: what the mapping of the port outside leads to,
 * else the only one; null where that says nothing (our choice).
 *
 * @param outside the load balancer's port
 */
export const portInside = (ports: FunctionSpec['network']['ports'], outside = 80): number | null => {
  const mapped = ports.find(({ external }) => external === outside);
  const inside = new Set(ports.map(({ internal }) => internal));
  return mapped?.internal ?? (inside.size === 1 ? ([...inside][0] ?? null) : null);
};

/** A domain in the one form in which it is compared: Punycode, in lower case, no dot at the end. */
export const toDomain = (name: string): string => domainToASCII(name.replace(/\.$/, '')) || name.toLowerCase();

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

/** Why no request has this path, and what to write; null where one may. The parser of URLs would leave line breaks out. */
export const findPathFault = (path: string): string | null => {
  if (!path.startsWith('/')) return 'the path does not begin with a slash. Write it like /status';
  return /\p{Cc}/u.test(path) ? 'the path has a line break or another control character. Encode it, as in %0A' : null;
};

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

/** Why `chooseDomain` finds nothing of a name, and the names that it takes. */
export const whyUnreached = (name: string, table: readonly Named[], functions: readonly string[]): string => {
  const names = [...new Set(table.flatMap(({ identifier, domain }) => [identifier, domain]))].slice(0, 20).join(', ');
  return functions.includes(name)
    ? `${name} has no public port, and only ${names} are reached over HTTP`
    : `the gateway has no such function or domain, but ${names}`;
};

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
 * Warns of what no request comes to: public functions without a clear port inside, domains of the stack that no router lets
 * through, and functions at all of their domains. A function's own domain alone is no reason: routers often name the domains
 * that they are for. None is a problem, since the platform takes such a stack, and callers of the API need no domain.
 */
export const reportUnreached = (
  { containers, linked }: { readonly containers: Cursor; readonly linked: Cursor },
  stack: Reached,
): void => {
  const outside = stack.controllers[0]?.port ?? 80;
  const table = toDomainTable(stack);
  const isClosed = (domain: Domain) => !isLetThrough(stack, domain);
  const warnOfRouters = (at: Cursor, name: string) =>
    at.warn(
      `no router of services.loadbalancer lets requests to ${name} through, so each gets 404: add a router that does, or correct match of one`,
    );
  const named = new Set(linked.entries.map((entry) => entry.child('container').value));
  for (const { identifier, network } of stack.functions) {
    const at = containers.child(identifier, 'config', 'network');
    const own = table.filter((domain) => domain.identifier === identifier);
    if (named.has(identifier) || network.public !== 'enable') continue;
    if (own.length > 0) {
      if (own.every(isClosed)) warnOfRouters(at.child('public'), identifier);
    } else if (network.ports.length === 0) {
      at.child('public').warn(
        `public, but no port is mapped, so the function is not reached over HTTP: map one in ports, such as "${outside}:8080" for 8080 inside`,
      );
    } else {
      at.child('ports').warn(
        `several ports, and none from the port ${outside} outside, so the function is not reached over HTTP: map that port, or name one in emulator.linked`,
      );
    }
  }
  // One with a problem has no domain, and then the stack is not used.
  if (linked.entries.length !== stack.linked.length) return;
  linked.entries.forEach((entry, index) => {
    const found = table[index];
    if (found !== undefined && isClosed(found)) warnOfRouters(entry.child('domain'), found.domain);
  });
};
