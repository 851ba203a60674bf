import { quote } from '../shared/render-value.ts';
import { type Domain, mappedPort, mayTake, toDomain, toDomainTable } from '../stack/domains.ts';
import type { Router, Stack } from '../stack/model.ts';
import { compilePathPattern, type PathPattern } from '../stack/path-pattern.ts';
import { GatewayFailure } from './failure.ts';

/** Where a request goes, and on which terms. */
export type Destination = Pick<Domain, 'identifier' | 'containerId' | 'port'> & {
  /** Path and query as the function gets them. */
  readonly target: string;
  /** How long the function may take to listen, in milliseconds. */
  readonly reachWithinMs: number;
  readonly idleMs: number | null;
};

export interface Domains {
  /** In the order in which they are tried. */
  readonly table: readonly Domain[];
  /** @throws GatewayFailure where there is none */
  find(host: string, target: string): Destination;
}

/** PARITY: the platform's own values are not public (our choice). */
const defaultRetries = 5;
const defaultConnectMs = 5_000;

/**
 * The ways from a request to a function: first by the domain, then by the path, then by the load balancer's routers, if the
 * stack has any.
 */
export const createDomains = (stack: Stack): Domains => {
  const table = toDomainTable(stack);
  const entries = table.map((domain) => ({ ...domain, pattern: toPattern(domain.matchPath) }));
  const [first = null, ...others] = stack.controllers.map(({ routers, ...controller }) => ({
    ...controller,
    routers: routers.map((router) => ({ ...router, pattern: toPattern(router.path) })),
  }));
  return {
    table,
    find: (givenHost, target) => {
      const host = hostOf(givenHost);
      const another = others.find(({ port }) => givenHost.endsWith(`:${port}`));
      const controller = another ?? first;
      const path = target.replace(/\?.*/s, '');
      const sameHost = entries.filter(({ domain }) => domain === host);
      const found = sameHost.find(({ pattern }) => pattern.match(path) !== null);
      if (found === undefined) throw sameHost.length > 0 ? noPath(host, path, sameHost) : noHost(host, table);
      const { identifier, containerId } = found;
      const port = (another && mappedPort(stack, found, another.port)) ?? found.port;
      const fits = (one: CompiledRouter) => mayTake(one, { ...found, port }) && one.pattern.match(path) !== null;
      const router = controller?.routers.find(fits) ?? null;
      if (controller !== null && router === null) throw noRouter(host, path, controller.routers.length);
      return {
        ...{ identifier, containerId, port },
        target: router === null ? target : rewrite(router, path, target),
        reachWithinMs: toReachMs(router),
        idleMs: controller?.idleMs ?? null,
      };
    },
  };
};

/** Headers are read byte by byte; callers that send other letters than ASCII send UTF-8. */
const hostOf = (given: string): string => toDomain(Buffer.from(given.replace(/:\d*$/, ''), 'latin1').toString());

const everyPath: PathPattern = { match: () => [] };

const toPattern = (text: string | null): PathPattern => (text === null ? everyPath : compilePathPattern(text));

type CompiledRouter = Router & { readonly pattern: PathPattern };

/** `/$$1` is what the path pattern's first group has found; the query stays (our choice). */
const rewrite = ({ forward, pattern }: CompiledRouter, path: string, target: string): string => {
  if (forward === null) return target;
  const groups = pattern.match(path) ?? [];
  const rewritten = forward.replace(/\$\$?(\d)/g, (_all, digit: string) => groups[Number(digit)] ?? '');
  return `${rewritten.startsWith('/') ? '' : '/'}${rewritten}${target.slice(path.length)}`;
};

/** PARITY: an attempt is one whole time-out, within which a refused connection is tried again and again (our choice). */
const toReachMs = (router: Pick<Router, 'retries' | 'connectMs'> | null): number =>
  (1 + (router?.retries ?? defaultRetries)) * (router?.connectMs ?? defaultConnectMs);

const noHost = (host: string, table: readonly Domain[]): GatewayFailure => {
  const names = list(table.map(({ domain }) => domain));
  return noMatch(`No function is reached at the host ${quote(host)}. Hosts here: ${names}.`);
};

const noPath = (host: string, path: string, sameHost: readonly Domain[]): GatewayFailure => {
  const paths = list(sameHost.map(({ matchPath }) => matchPath ?? '/'));
  return noMatch(`No path of ${host} fits ${quote(path)}. Paths here: ${paths}.`);
};

const noMatch = (message: string): GatewayFailure => new GatewayFailure('router_nomatch', 404, message);

/** Without repetitions, and not all of very many. */
const list = (texts: readonly string[]): string => [...new Set(texts)].slice(0, 20).join(', ');

const noRouter = (host: string, path: string, count: number): GatewayFailure =>
  count === 0
    ? new GatewayFailure('router_none', 404, 'The load balancer of the stack has a controller without routers.')
    : noMatch(`No router of the load balancer fits ${quote(path)} at ${host}.`);
