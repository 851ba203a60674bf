import { renderValue } from '../shared/render-value.ts';
import { didYouMean } from '../shared/suggest.ts';
import { isRecord } from '../shared/values.ts';
import { toDomain } from './linked.ts';
import type { Controller, Router } from './model.ts';
import { readPathPattern } from './path-pattern.ts';
import { field, ignored, passed, readFields, section, withVariants } from './reading/fields.ts';
import {
  type Cursor,
  child,
  describedBy,
  entriesOf,
  integer,
  isAbsent,
  listOf,
  oneOf,
  type Parsed,
  type Reader,
  readBoolean,
  readString,
  reject,
  required,
  text,
  warnUnsupported,
} from './reading/readers.ts';
import { type Reporter, tolerant } from './reading/report.ts';
import { parseDuration } from './values.ts';

/** Null and an empty list both say nothing (documented of null). */
const listOrNull = <Item>(read: Reader<Item>): Reader<readonly Item[]> => {
  const readAll = listOf(read);
  return describedBy(readAll.schema, (at) => {
    const items = readAll(at);
    return items.length === 0 ? null : items;
  });
};

const matchFields = {
  domains: field('texts', listOrNull(readString), 'all'),
  internal_ports: field('any', listOrNull(integer(1, 65_535)), 'all', 'ports inside'),
  path: field('text', readPathPattern, 'all', 'as `match_path` of `emulator.linked`'),
  containers: section({
    include: field('texts', listOrNull(readString), 'all'),
    exclude: field('texts', listOrNull(readString), 'none'),
  }),
};

type Match = Pick<Router, 'domains' | 'internalPorts' | 'path' | 'include' | 'exclude'>;

/** Null where it cannot be read: a router that matched more than it says would take others' requests. */
const readMatch: Reader<Match> = (at) => {
  let isWrong = false;
  const report: Reporter = {
    ...at.report,
    problem: (path, message) => {
      isWrong = true;
      at.report.warn(path, `${message}: the router is ignored`);
    },
  };
  const match = readFields({ ...at, report }, matchFields);
  if (isWrong || match === null) return null;
  return {
    domains: match.domains?.map(toDomain) ?? null,
    internalPorts: match.internal_ports,
    path: match.path,
    include: match.containers?.include ?? null,
    exclude: match.containers?.exclude ?? null,
  };
};

/** What can stand in the first line of a request. */
const forward = /^[\x21-\x7e]{1,1000}$/;

const parseForward = (given: string): Parsed<string> =>
  forward.test(given) && !given.includes('://')
    ? { ok: true, value: given }
    : { ok: false, expected: 'a path such as "/$$1": requests are forwarded to the same function only' };

/** A part that is acted on in one of its types alone. */
const ofType = (type: string) =>
  field('word', readString, 'required', `\`${type}\`; of any other type the part is ignored, with a warning`);

const warnOtherType = (at: Cursor, acted: string): null => {
  if (isAbsent(at)) return null;
  if (!isRecord(at.value)) return reject(at, 'an object');
  const { value } = child(at, 'type');
  const given = value === undefined ? 'no type' : `the type ${renderValue(value, { hidden: false })}`;
  at.report.leaveOut(
    at.path,
    `ignored: it has ${given}, and the gateway acts on the type ${acted} only: write "type: ${acted}" in it`,
  );
  return null;
};

const extensionFields = {
  type: ofType('http'),
  details: section({
    forward: section({
      url: field('text', text(parseForward), "the request's path", '`$$1` is what the first group of `path` has found'),
      scheme: ignored('text'),
      content_mod: ignored('object'),
    }),
    redirect: ignored('object'),
    proxy: ignored('object'),
    caching: ignored('object'),
  }),
};

const readExtension: Reader<string> = (at) => {
  if (child(at, 'type').value !== 'http') return warnOtherType(at, 'http');
  return readFields(at, extensionFields)?.details?.forward?.url ?? null;
};

const routerFields = {
  match: field('object', readMatch, 'all', 'the first router that matches decides', matchFields),
  // Each request has an instance of its own, so there is none to choose.
  mode: passed('word'),
  config: section({
    destination_retries: field('number', integer(0, 1_000), '5', 'one more time-out each for a function to listen'),
    timeouts: section({ destination_connection: field('duration', text(parseDuration), '5s') }),
    extension: withVariants(field('object', readExtension, '', '', extensionFields), 'type', { http: extensionFields }),
    destination_prioritization: passed('word'),
    sticky_sessions: ignored('boolean'),
    tls: ignored('object'),
  }),
};

const readRouter: Reader<Router> = (at) => {
  const { match, config } = readFields(at, routerFields) ?? {};
  if (!match) return null;
  return {
    ...match,
    retries: config?.destination_retries ?? null,
    connectMs: config?.timeouts?.destination_connection ?? null,
    forward: config?.extension ?? null,
  };
};

const modeFields = {
  disable: field('boolean', readBoolean, '`false`'),
  mode: field(
    'word',
    required(oneOf(['http', 'tcp', 'udp']), 'http, tcp or udp'),
    'required',
    '`http`, `tcp` or `udp`; controllers of `tcp` and `udp` are ignored, with a warning',
  ),
};

const transportFields = {
  ...modeFields,
  config: section({
    timeouts: section({ idle: field('duration', text(parseDuration), 'no limit', 'ends a quiet request') }),
    ingress: section({ tls: ignored('object') }),
    performance: passed('boolean'),
    verbosity: passed('word'),
    extension: passed('object'),
  }),
  routers: field('objects', listOf(readRouter), 'none', 'where none matches, the answer is 404', routerFields),
};

type Transport = Pick<Controller, 'idleMs' | 'routers'>;

const readTransport: Reader<Transport> = (at) => {
  const mode = child(at, 'mode');
  if (mode.value !== 'http' || child(at, 'disable').value === true) {
    readFields(at, { ...modeFields, config: passed('object'), routers: passed('objects') });
    if (mode.value === 'tcp' || mode.value === 'udp') {
      warnUnsupported(mode, `${mode.value} controllers are not supported, ignored`);
    }
    return null;
  }
  const { config, routers } = readFields(at, transportFields) ?? {};
  return { idleMs: config?.timeouts?.idle || null, routers: routers ?? [] };
};

const controllerFields = {
  identifier: passed('text'),
  port: field(
    'number',
    required(integer(1, 65_535), 'a port from 1 to 65535'),
    'required',
    'which mapping of `config.network.ports` is meant; requests whose Host has the port go to the controller, all others to that of port 80, else to the first',
  ),
  transport: withVariants(field('object', readTransport, 'none', '', transportFields), 'mode', {
    http: transportFields,
  }),
  waf: ignored('object'),
};

type Located = Controller & { readonly at: Cursor };

const readController: Reader<Located> = (at) => {
  const { port, transport } = readFields(at, controllerFields) ?? {};
  return port && transport ? { at, port, ...transport } : null;
};

/** That of the port that browsers use comes first, then the others in their order. */
const readControllers: Reader<readonly Controller[]> = (given) => {
  const controllers: Controller[] = [];
  for (const { at, ...controller } of listOf(readController)(given)) {
    const isTaken = controllers.some(({ port }) => port === controller.port);
    if (isTaken) at.report.warn(at.path, `ignored: a controller before has the port ${controller.port}, too`);
    else controllers.push(controller);
  }
  return controllers.toSorted((one, other) => Number(other.port === 80) - Number(one.port === 80));
};

const configFields = {
  type: ofType('v1'),
  // How much the balancer may use, and by which addresses it is reached, is not the gateway's matter.
  performance: passed('boolean'),
  ipv4: passed('boolean'),
  ipv6: passed('boolean'),
  details: section({
    controllers: field('objects', readControllers, 'none', 'those of HTTP are acted on', controllerFields),
    controller_template: ignored('object'),
    waf: ignored('object'),
  }),
};

const readConfig: Reader<readonly Controller[]> = (at) => {
  const type = child(at, 'type').value;
  if (type === 'v1') return readFields(at, configFields)?.details?.controllers ?? null;
  if (type !== 'default') return warnOtherType(at, 'v1');
  warnUnsupported(child(at, 'details'));
  return null;
};

const loadBalancerFields = {
  service: section({
    enable: passed('boolean'),
    auto_update: passed('boolean'),
    high_availability: ignored('boolean'),
  }),
  config: withVariants(field('object', readConfig, 'none', '', configFields), 'type', { v1: configFields }),
};

const asWarnings = (report: Reporter): Reporter => ({
  ...tolerant(report),
  leaveOut: (path, message) => report.leaveOut(path, message),
});

/**
 * `services.loadbalancer`: the gateway stands for the HTTP controllers of the type v1. What is wrong with it is a warning, as
 * is what is not acted on: callers of the API need no load balancer.
 */
export const loadBalancerField = field(
  'object',
  (at): readonly Controller[] | null =>
    readFields({ ...at, report: asWarnings(at.report) }, loadBalancerFields)?.config ?? null,
  'none',
  'how the [gateway](guides/http.md) treats requests; what is wrong with it is a warning',
  loadBalancerFields,
);

/** Warns of containers that routers name and the stack does not have, in what of `services.loadbalancer` is acted on. */
export const reportUnknownContainers = (at: Cursor, identifiers: readonly string[]): void => {
  const config = child(at, 'config');
  if (child(config, 'type').value !== 'v1') return;
  const controllers = entriesOf(child(child(config, 'details'), 'controllers'));
  const routers = controllers.flatMap((controller) => entriesOf(child(child(controller, 'transport'), 'routers')));
  const matches = routers.map((router) => child(child(router, 'match'), 'containers'));
  const named = matches.flatMap((match) => ['include', 'exclude'].flatMap((side) => entriesOf(child(match, side))));
  for (const { value, path, report } of named) {
    if (typeof value !== 'string' || identifiers.includes(value)) continue;
    report.warn(path, `${JSON.stringify(value)} is not a container of this stack${didYouMean(value, identifiers)}`);
  }
};
