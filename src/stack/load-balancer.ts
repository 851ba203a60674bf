import { renderValue } from '../shared/render-value.ts';
import { isRecord } from '../shared/values.ts';
import { toDomain } from './domains.ts';
import type { Controller, Router } from './model.ts';
import { readPathPattern } from './path-pattern.ts';
import type { Cursor } from './reading/cursor.ts';
import {
  describedBy,
  type Field,
  type Fields,
  field,
  fitting,
  ignored,
  integer,
  listOf,
  oneOf,
  optional,
  passed,
  type Reader,
  readBoolean,
  readBy,
  readContainerName,
  readFields,
  readString,
  required,
  section,
  text,
  type Values,
} from './reading/fields.ts';
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
  internal_ports: field('any', listOrNull(integer(1, 65_535)), 'all').about('ports inside'),
  path: field('text', readPathPattern, 'all').about('as `match_path` of `emulator.linked`'),
  containers: section({
    include: field('texts', listOrNull(readContainerName), 'all'),
    exclude: field('texts', listOrNull(readContainerName), 'none'),
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
  const match = readFields(at.with({ report }), matchFields);
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

const parseForward = fitting(
  (given) => forward.test(given) && !given.includes('://'),
  'a path such as "/$$1": requests are forwarded to the same function only',
);

/** A part that is acted on where its type is this one: for another there is a warning, and no value. */
const ofType = <Value, Declared extends Fields>(
  type: string,
  more: Declared,
  toValue: (given: Values<Declared>) => Value | null,
  byDefault = '',
): Field<Value> => {
  const about = `\`${type}\`; of any other type the part is ignored, with a warning`;
  const fields = { type: field('word', readString, 'required').about(about), ...more };
  const read: Reader<Value> = (at) => {
    if (at.isAbsent) return null;
    if (!isRecord(at.value)) return at.reject('an object');
    const { value } = at.child('type');
    if (value === type) {
      const given = readFields<Declared>(at, fields);
      return given && toValue(given);
    }
    const shown = value === undefined ? 'no type' : `the type ${renderValue(value, { hidden: false })}`;
    at.leaveOut(`ignored: it has ${shown}, and the gateway acts on the type ${type} only: write "type: ${type}" in it`);
    return null;
  };
  return { ...readBy(read, fields, byDefault), variants: { on: 'type', fields: { [type]: fields } } };
};

const extensionFields = {
  details: section({
    forward: section({
      url: field('text', text(parseForward), "the request's path").about(
        '`$$1` is what the first group of `path` has found',
      ),
      scheme: ignored('text'),
      content_mod: ignored('object'),
    }),
    redirect: ignored('object'),
    proxy: ignored('object'),
    caching: ignored('object'),
  }),
};

const routerFields = {
  match: field('object', readMatch, 'all', matchFields).about('the first router that matches decides'),
  // Each request has an instance of its own, so there is none to choose.
  mode: passed('word'),
  config: section({
    destination_retries: field('number', integer(0, 1_000), '5').about(
      'one more time-out each for a function to listen',
    ),
    timeouts: section({ destination_connection: field('duration', text(parseDuration), '5s') }),
    extension: ofType('http', extensionFields, ({ details }) => details?.forward?.url ?? null),
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
  mode: field('word', required(oneOf(['http', 'tcp', 'udp']), 'http, tcp or udp'), 'required').about(
    '`http`, `tcp` or `udp`; controllers of `tcp` and `udp` are ignored, with a warning',
  ),
};

const transportFields = {
  ...modeFields,
  config: section({
    timeouts: section({ idle: field('duration', text(parseDuration), 'no limit').about('ends a quiet request') }),
    ingress: section({ tls: ignored('object') }),
    performance: passed('boolean'),
    verbosity: passed('word'),
    extension: passed('object'),
  }),
  routers: field('objects', listOf(readRouter), 'none', routerFields).about('where none matches, the answer is 404'),
};

type Transport = Pick<Controller, 'idleMs' | 'routers'>;

const readTransport: Reader<Transport> = (at) => {
  const mode = at.child('mode');
  if (mode.value !== 'http' || at.child('disable').value === true) {
    readFields(at, { ...modeFields, config: passed('object'), routers: passed('objects') });
    // It may be meant for later: a container that it names should be there.
    const matches = at.child('routers').entries.map((router) => router.child('match', 'containers'));
    const named = matches.flatMap((match) => ['include', 'exclude'].flatMap((side) => match.child(side).entries));
    for (const name of named.filter(({ value }) => typeof value === 'string')) readContainerName(name);
    if (mode.value === 'tcp' || mode.value === 'udp') {
      mode.warnUnsupported(`${mode.value} controllers are not supported, ignored`);
    }
    return null;
  }
  const { config, routers } = readFields(at, transportFields) ?? {};
  return { idleMs: config?.timeouts?.idle || null, routers: routers ?? [] };
};

const controllerFields = {
  identifier: passed('text'),
  port: field('number', required(integer(1, 65_535), 'a port from 1 to 65535'), 'required').about(
    'which mapping of `config.network.ports` is meant; requests whose Host has the port go to the controller, all others to that of port 80, else to the first',
  ),
  transport: {
    ...readBy(readTransport, transportFields, 'none'),
    variants: { on: 'mode', fields: { http: transportFields } },
  },
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
    if (isTaken) at.warn(`ignored: a controller before has the port ${controller.port}, too`);
    else controllers.push(controller);
  }
  return controllers.toSorted((one, other) => Number(other.port === 80) - Number(one.port === 80));
};

const configFields = {
  // How much the balancer may use, and by which addresses it is reached, is not the gateway's matter.
  performance: passed('boolean'),
  ipv4: passed('boolean'),
  ipv6: passed('boolean'),
  details: section({
    controllers: field('objects', readControllers, 'none', controllerFields).about('those of HTTP are acted on'),
    controller_template: ignored('object'),
    waf: ignored('object'),
  }),
};

const config = ofType('v1', configFields, ({ details }) => details?.controllers ?? null, 'none');

/** What the platform has without a word about it is the type `default`: nothing to warn about. */
const readConfig: Reader<readonly Controller[]> = (at) => {
  if (at.child('type').value !== 'default') return config.read(at);
  at.child('details').warnUnsupported();
  return null;
};

const loadBalancerFields = {
  service: section({
    enable: passed('boolean'),
    auto_update: passed('boolean'),
    high_availability: ignored('boolean'),
  }),
  config: { ...config, read: readConfig },
};

const asWarnings = (report: Reporter): Reporter => ({
  ...tolerant(report),
  leaveOut: (path, message) => report.leaveOut(path, message),
});

/**
 * `services.loadbalancer`: the gateway stands for the HTTP controllers of the type v1. What is wrong with it is a warning, as
 * is what is not acted on: callers of the API need no load balancer.
 */
export const loadBalancerField = readBy(
  optional((at) => readFields(at.with({ report: asWarnings(at.report) }), loadBalancerFields)?.config ?? null),
  loadBalancerFields,
  'none',
).about('how the [gateway](guides/http.md) treats requests; what is wrong with it is a warning');
