import { didYouMean } from '../shared/suggest.ts';
import { portInside, toDomain } from './domains.ts';
import type { FunctionSpec, LinkedDomain, ReadContainers } from './model.ts';
import { readPathPattern } from './path-pattern.ts';
import type { Cursor } from './reading/cursor.ts';
import { field, integer, listOf, type Parsed, readFields, readString, required, text } from './reading/fields.ts';
import { renderPath } from './reading/report.ts';
import { parseHostname } from './values.ts';

const parseDomain = (given: string): Parsed<string> => {
  if (/:\d*$/.test(given)) return { ok: false, expected: 'a domain without a port: leave the port out' };
  const name = parseHostname(toDomain(given));
  return name.ok
    ? name
    : { ok: false, expected: 'a domain of letters, digits, hyphens and dots, such as "thumbs.local"' };
};

export const linkedFields = {
  domain: field('text', required(text(parseDomain), 'a domain'), 'required'),
  container: field('text', required(readString, 'the key of a function among containers'), 'required').about(
    'a function whose `config.network.public` is `enable`',
  ),
  port: field(
    'number',
    integer(1, 65_535),
    'what the port 80 outside is mapped to, else the only one that is mapped',
  ).about('inside the container'),
  match_path: field('text', readPathPattern, 'every path').about(
    'with a slash at its beginning what paths begin with, letter by letter (`/a` fits `/ab`, and `*` stands for itself), else a regular expression of [RE2](https://github.com/google/re2/wiki/Syntax)',
  ),
};

type Containers = Pick<ReadContainers, 'functions' | 'unread'>;

/**
 * Reads `emulator.linked`, the domains that the platform's LINKED records would point at functions.
 *
 * @param outside the load balancer's port
 */
export const readLinked = (at: Cursor, containers: Containers, outside?: number): readonly LinkedDomain[] => {
  const before: Entry[] = [];
  return listOf((item): LinkedDomain | null => {
    const { domain, container, port: given, match_path: matchPath = null } = readFields(item, linkedFields) ?? {};
    const spec = container ? findFunction(item.child('container'), container, containers) : null;
    if (!domain || !spec) return null;
    const entry = { domain, matchPath, at: item };
    const covering = before.find((earlier) => covers(earlier, entry));
    if (covering !== undefined) return rejectCovered(entry, covering);
    before.push(entry);
    const { ports } = spec.network;
    const port = given ?? portInside(ports, outside);
    if (port !== null) return { domain, container: spec.identifier, port, matchPath };
    const which = ports.length === 0 ? 'no port' : 'several ports, and none of them from the port outside';
    return item.child('port').reject(`the port inside, since config.network.ports of ${spec.identifier} maps ${which}`);
  })(at);
};

type Entry = Pick<LinkedDomain, 'domain' | 'matchPath'> & { readonly at: Cursor };

const rejectCovered = ({ domain, matchPath, at }: Entry, earlier: Entry): null => {
  const place = renderPath(earlier.at.path);
  const remedy = matchPath === earlier.matchPath ? 'leave one of them out' : 'put this entry before it';
  const what = earlier.matchPath === null ? 'requests' : `requests to ${earlier.matchPath}`;
  at.child('domain').problem(
    `no request comes to this entry, since ${place} takes all ${what} at ${domain}: ${remedy}`,
  );
  return null;
};

/** Whether the first to be tried leaves nothing to the other. What an expression fits, only requests show. */
const covers = (first: Entry, other: Entry): boolean =>
  first.domain === other.domain &&
  (first.matchPath === null ||
    first.matchPath === other.matchPath ||
    (first.matchPath.startsWith('/') && (other.matchPath?.startsWith(first.matchPath) ?? false)));

const findFunction = (at: Cursor, name: string, { functions, unread }: Containers): FunctionSpec | null => {
  // What is wrong with it is reported where it stands.
  if (unread.includes(name)) return null;
  const spec = functions.find(({ identifier }) => identifier === name);
  if (spec === undefined) {
    const names = [...functions.map(({ identifier }) => identifier), ...unread];
    return at.reject(`a function of this stack: ${names.join(', ') || 'it has none'}${didYouMean(name, names)}`);
  }
  const { public: access } = spec.network;
  if (access === 'enable') return spec;
  return at.reject(
    `a function whose config.network.public is enable: that of ${name} is ${access}, so no request from outside comes to it`,
  );
};
