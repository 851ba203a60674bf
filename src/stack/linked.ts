import { domainToASCII } from 'node:url';
import { didYouMean } from '../shared/suggest.ts';
import { isRecord } from '../shared/values.ts';
import type { FunctionSpec, LinkedDomain, ReadContainers } from './model.ts';
import { readPathPattern } from './path-pattern.ts';
import { field, readFields } from './reading/fields.ts';
import {
  type Cursor,
  child,
  integer,
  listOf,
  type Parsed,
  readString,
  reject,
  required,
  text,
} from './reading/readers.ts';
import { renderPath } from './reading/report.ts';
import { parseHostname } from './values.ts';

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

const parseDomain = (given: string): Parsed<string> => {
  if (/:\d*$/.test(given)) return { ok: false, expected: 'a domain without a port: leave the port out' };
  const name = parseHostname(toDomain(given));
  return name.ok
    ? name
    : { ok: false, expected: 'a domain of letters, digits, hyphens and dots, such as "thumbs.local"' };
};

export const linkedFields = {
  domain: field('text', required(text(parseDomain), 'a domain'), 'required'),
  container: field(
    'text',
    required(readString, 'the key of a function among containers'),
    'required',
    'a function whose `config.network.public` is `enable`',
  ),
  port: field(
    'number',
    integer(1, 65_535),
    'what the port 80 outside is mapped to, else the only one that is mapped',
    'inside the container',
  ),
  match_path: field(
    'text',
    readPathPattern,
    'every path',
    'with a slash at its beginning what paths begin with, letter by letter (`/a` fits `/ab`, and `*` stands for itself), else a regular expression of [RE2](https://github.com/google/re2/wiki/Syntax)',
  ),
};

/**
 * Reads `emulator.linked`, the domains that the platform's LINKED records would point at functions.
 *
 * @param outside the load balancer's port
 */
export const readLinked = (
  at: Cursor,
  { functions, unread }: Pick<ReadContainers, 'functions' | 'unread'>,
  outside?: number,
): readonly LinkedDomain[] => {
  const before: Entry[] = [];
  return listOf((item): LinkedDomain | null => {
    const { domain, container, port: given, match_path: matchPath = null } = readFields(item, linkedFields) ?? {};
    const spec = container ? findFunction(child(item, 'container'), container, { functions, unread }) : null;
    if (!domain || !spec) return null;
    const entry = { domain, matchPath, at: item };
    const covering = before.find((earlier) => covers(earlier, entry));
    if (covering !== undefined) return rejectCovered(entry, covering);
    before.push(entry);
    const port = given ?? portInside(spec.network.ports, outside);
    return port === null
      ? rejectPort(child(item, 'port'), spec)
      : { domain, container: spec.identifier, port, matchPath };
  })(at);
};

type Entry = Pick<LinkedDomain, 'domain' | 'matchPath'> & { readonly at: Cursor };

const rejectCovered = ({ domain, matchPath, at }: Entry, earlier: Entry): null => {
  const place = renderPath(earlier.at.path);
  const remedy = matchPath === earlier.matchPath ? 'leave one of them out' : 'put this entry before it';
  const what = earlier.matchPath === null ? 'requests' : `requests to ${earlier.matchPath}`;
  at.report.problem(
    child(at, 'domain').path,
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

/**
 * Warns of public functions that have no port inside for requests, so that none comes to them. It is no problem, since the platform
 * takes such a stack, and callers of the API need none.
 */
export const reportUnclearPorts = (
  { containers, linked }: { readonly containers: Cursor; readonly linked: Cursor },
  functions: readonly FunctionSpec[],
  outside = 80,
): void => {
  const named = new Set(
    Array.isArray(linked.value) ? linked.value.map((entry: unknown) => isRecord(entry) && entry['container']) : [],
  );
  for (const { identifier, network } of functions) {
    const isClear = portInside(network.ports, outside) !== null;
    if (isClear || network.public !== 'enable' || named.has(identifier)) continue;
    const path = [...containers.path, identifier, 'config', 'network'];
    if (network.ports.length === 0) {
      containers.report.warn(
        [...path, 'public'],
        `public, but no port is mapped, so the function is not reached over HTTP: map one in ports, such as "${outside}:8080" for 8080 inside`,
      );
      continue;
    }
    containers.report.warn(
      [...path, 'ports'],
      `several ports, and none from the port ${outside} outside, so the function is not reached over HTTP: map that port, or name one in emulator.linked`,
    );
  }
};

const rejectPort = (at: Cursor, { identifier, network }: FunctionSpec): null => {
  const which = network.ports.length === 0 ? 'no port' : 'several ports, and none of them from the port outside';
  return reject(at, `the port inside, since config.network.ports of ${identifier} maps ${which}`);
};

const findFunction = (
  at: Cursor,
  name: string,
  { functions, unread }: Pick<ReadContainers, 'functions' | 'unread'>,
): FunctionSpec | null => {
  // What is wrong with it is reported where it stands.
  if (unread.includes(name)) return null;
  const spec = functions.find(({ identifier }) => identifier === name);
  if (spec === undefined) {
    const names = [...functions.map(({ identifier }) => identifier), ...unread];
    return reject(at, `a function of this stack: ${names.join(', ') || 'it has none'}${didYouMean(name, names)}`);
  }
  return spec.network.public === 'enable'
    ? spec
    : reject(at, 'a function whose config.network.public is enable: no request from outside comes to another');
};
