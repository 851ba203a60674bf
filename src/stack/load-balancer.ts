import { didYouMean } from '../shared/suggest.ts';
import type { Controller, Router } from './model.ts';
import { parsePathPattern } from './path-pattern.ts';
import { type Cursor, child, type Fields } from './reading/cursor.ts';
import {
  integer,
  listOf,
  oneOf,
  type Reader,
  readBoolean,
  readObject,
  readString,
  text,
  warnUnsupported,
} from './reading/readers.ts';
import { type Reporter, tolerant } from './reading/report.ts';
import { parseDuration } from './values.ts';

/**
 * Reads `services.loadbalancer`: of it the gateway stands for one HTTP controller of the type v1. What is wrong with the
 * rest, or not acted on, is a warning: callers of the API need no load balancer.
 */
export const readLoadBalancer = (given: Cursor, identifiers: readonly string[]): Controller | null => {
  const at = { ...given, report: asWarnings(given.report) };
  return readObject(at, {}, (field) => {
    readObject(field('service'), serviceFields, () => {});
    return readConfig(field('config'), identifiers);
  });
};

const asWarnings = (report: Reporter): Reporter => ({
  ...tolerant(report),
  leaveOut: (path, text) => report.leaveOut(path, text),
});

const serviceFields = {
  harmless: { enable: 'boolean', auto_update: 'boolean' },
  unsupported: { high_availability: 'boolean' },
} as const;

const readConfig = (at: Cursor, identifiers: readonly string[]): Controller | null => {
  const type = child(at, 'type').value;
  if (type === 'default') warnUnsupported(child(at, 'details'));
  else if (type !== 'v1') warnUnsupported(at, 'not supported by the emulator but of the type v1, ignored');
  if (type !== 'v1') return null;
  // How much the balancer may use, and by which addresses it is reached, is not the gateway's matter.
  const harmless: Fields = { type: 'text', performance: 'boolean', ipv4: 'boolean', ipv6: 'boolean' };
  return readObject(at, { harmless }, (field) =>
    readObject(field('details'), { unsupported: { controller_template: 'object', waf: 'object' } }, (inner) =>
      choose(listOf((item) => readController(item, identifiers))(inner('controllers'))),
    ),
  );
};

type Read = Controller & { readonly at: Cursor };

/** The port that browsers use, where there is one. */
const choose = (controllers: readonly Read[]): Controller | null => {
  const chosen = controllers.find(({ port }) => port === 80) ?? controllers[0];
  if (chosen === undefined) return null;
  for (const { at, port } of controllers) {
    if (port === chosen.port) continue;
    at.report.warn(at.path, `ignored: the gateway stands for one HTTP controller, that of port ${chosen.port}`);
  }
  const { at: _at, ...controller } = chosen;
  return controller;
};

const readController = (at: Cursor, identifiers: readonly string[]): Read | null =>
  readObject(at, { harmless: { identifier: 'text' }, unsupported: { waf: 'object' } }, (field) => {
    const port = integer(1, 65_535)(field('port'));
    const transport = readObject(field('transport'), {}, (inner) => {
      const isDisabled = readBoolean(inner('disable')) ?? false;
      const mode = oneOf(['http', 'tcp', 'udp'])(inner('mode'));
      const isHttp = mode === 'http' && !isDisabled;
      const idleMs = isHttp ? readTransport(inner('config')) : null;
      const routers = isHttp ? listOf((item) => readRouter(item, identifiers))(inner('routers')) : [];
      inner('config');
      inner('routers');
      if (mode === 'tcp' || mode === 'udp')
        warnUnsupported(inner('mode'), `${mode} controllers are not supported, ignored`);
      return isHttp ? { idleMs, routers } : null;
    });
    return port === null || transport === null ? null : { at, port, ...transport };
  });

const readTransport = (at: Cursor): number | null =>
  readObject(at, { harmless: { performance: 'boolean', verbosity: 'text', extension: 'object' } }, (field) => {
    readObject(field('ingress'), { unsupported: { tls: 'object' } }, () => {});
    return readObject(field('timeouts'), {}, (inner) => text(parseDuration)(inner('idle')) || null);
  });

const readRouter = (at: Cursor, identifiers: readonly string[]): Router | null => {
  // Each request has an instance of its own, so there is none to choose.
  const harmless: Fields = { mode: 'text' };
  return readObject(at, { harmless }, (field) => {
    const match = readMatch(field('match'), identifiers);
    const config = readObject(field('config'), routerFields, (inner) => ({
      retries: integer(0, 1_000)(inner('destination_retries')),
      connectMs: readObject(inner('timeouts'), {}, (deep) => text(parseDuration)(deep('destination_connection'))),
      forward: readExtension(inner('extension')),
    }));
    if (match === null || config === null) return null;
    return { ...match, ...config };
  });
};

const routerFields = {
  harmless: { destination_prioritization: 'text' },
  unsupported: { sticky_sessions: 'boolean', tls: 'object' },
} as const;

type Match = Pick<Router, 'domains' | 'internalPorts' | 'path' | 'include' | 'exclude'>;

/** Null where it cannot be read: a router that matched more than it says would take others' requests. */
const readMatch = (given: Cursor, identifiers: readonly string[]): Match | null => {
  let isWrong = false;
  const report: Reporter = {
    ...given.report,
    problem: (path, message) => {
      isWrong = true;
      given.report.warn(path, `${message}: the router is ignored`);
    },
  };
  const match = readObject({ ...given, report }, {}, (field) => {
    const domains = listOrNull(readString)(field('domains'));
    const containers = readObject(field('containers'), {}, (inner) => ({
      include: readContainers(inner('include'), identifiers),
      exclude: readContainers(inner('exclude'), identifiers),
    }));
    return {
      domains: domains?.map((domain) => domain.toLowerCase().replace(/\.$/, '')) ?? null,
      internalPorts: listOrNull(integer(1, 65_535))(field('internal_ports')),
      path: text(parsePathPattern)(field('path')),
      include: containers?.include ?? null,
      exclude: containers?.exclude ?? null,
    };
  });
  return isWrong ? null : match;
};

/** Documented: null and an empty list both say nothing. */
const listOrNull =
  <Item>(read: Reader<Item>): Reader<readonly Item[]> =>
  (at) => {
    const items = listOf(read)(at);
    return items.length === 0 ? null : items;
  };

const readContainers = (at: Cursor, identifiers: readonly string[]): readonly string[] | null => {
  const names = listOrNull(readString)(at);
  for (const name of names ?? []) {
    if (!identifiers.includes(name))
      at.report.warn(at.path, `${JSON.stringify(name)} is no container of this stack${didYouMean(name, identifiers)}`);
  }
  return names;
};

const readExtension = (at: Cursor): string | null => {
  if (child(at, 'type').value !== 'http') {
    warnUnsupported(at);
    return null;
  }
  return readObject(at, { harmless: { type: 'text' } }, (field) =>
    readObject(field('details'), { unsupported: { redirect: 'object', proxy: 'object', caching: 'object' } }, (inner) =>
      readObject(inner('forward'), { unsupported: { scheme: 'text', content_mod: 'object' } }, (deep) =>
        text(parseForward)(deep('url')),
      ),
    ),
  );
};

/** What can stand in the first line of a request. */
const forward = /^[\x21-\x7e]{1,1000}$/;

const parseForward = (given: string) =>
  forward.test(given) && !given.includes('://')
    ? ({ ok: true, value: given } as const)
    : ({ ok: false, expected: 'a path such as "/$$1": requests are forwarded to the same function only' } as const);
