import { isRecord } from '../../shared/values.ts';
import { isIdentifier } from '../../stack/values.ts';
import { Interpolation, type Tree, toEntries } from './compose-values.ts';
import { readService, toContainer, toIdentifier } from './to-container.ts';

/** Containers of a stack, what of the Compose file they do not say, and the variables that need a value. */
export type Converted = {
  readonly containers: Tree;
  /** One line each: place and reason. */
  readonly notes: readonly string[];
  readonly interpolation: Interpolation;
};

/** A service with what it extends under it: maps are merged, all else is replaced. */
const extended = (services: Tree, name: string, notes: string[], depth = 0): Tree => {
  const { extends: base, ...own } = services[name] as Tree;
  if (base === undefined) return own;
  const parent = isRecord(base) ? base['service'] : base;
  const isElsewhere = isRecord(base) && base['file'] !== undefined;
  if (isElsewhere || typeof parent !== 'string' || !isRecord(services[parent]) || depth > 10) {
    const reason = 'init takes what another service of this file has, and nothing from elsewhere';
    notes.push(`services.${name}.extends: ${reason}`);
    return own;
  }
  return merge(extended(services, parent, notes, depth + 1), own);
};

const merge = (under: Tree, over: Tree): Tree => ({
  ...under,
  ...Object.fromEntries(
    Object.entries(over).map(([key, value]) => {
      const [before, after] = asMaps.includes(key) ? [toEntries(under[key]), toEntries(value)] : [under[key], value];
      return [key, isRecord(before) && isRecord(after) ? merge(before, after) : value];
    }),
  ),
});

/** Fields that are maps, or lists of `NAME=value` that stand for one. */
const asMaps = ['environment', 'labels', 'sysctls'];

/**
 * Containers of a stack for the services of a Compose file. Those that are built are functions, and where none is, all are
 * (our choice): what is not built here is likely a database or the like.
 */
export const fromCompose = (compose: Tree): Converted => {
  const notes: string[] = [];
  const interpolation = new Interpolation();
  const services = compose['services'] as Tree;
  const found = Object.keys(services).filter((name) => isRecord(services[name]));
  const all = found.map((name) => [name, interpolation.fill(extended(services, name, notes)) as Tree] as const);
  const isBuilt = all.some(([, service]) => service['build'] !== undefined);
  const containers = new Map<string, Tree>();
  for (const [name, service] of all) {
    const identifier = toIdentifier(name);
    if (!isIdentifier(identifier) || containers.has(identifier)) {
      notes.push(`services.${name}: left out, for no other identifier can be made of its name`);
      continue;
    }
    const isFunction = !isBuilt || service['build'] !== undefined;
    const container = toContainer(readService(name, service, notes), name, isFunction, interpolation);
    if (container !== null) containers.set(identifier, container);
    else if (service['build'] === undefined) notes.push(`services.${name}: left out, for it has no image`);
  }
  for (const [section, reason] of Object.entries(sectionReasons)) {
    if (compose[section] !== undefined) notes.push(`${section}: ${reason}`);
  }
  return { containers: Object.fromEntries(containers), notes, interpolation };
};

/** A function that is built from a folder's Dockerfile, with the ports that it exposes. */
export const fromDockerfile = (name: string, file: string, text: string): Converted => {
  const ports = [...text.matchAll(/^\s*EXPOSE\s+(.*)$/gim)].flatMap(
    ([, list = '']) => list.match(/\d+(?=\s|\/tcp|$)/g) ?? [],
  );
  const mapped = ports.map((port, index) => (index === 0 ? `80:${port}` : port));
  const identifier = toIdentifier(name) || 'function';
  const service = { build: { context: '.', dockerfile: file }, ports: mapped };
  return fromCompose({ services: { [identifier]: service } });
};

const sectionReasons: Readonly<Record<string, string>> = {
  secrets: 'a stack has scoped_variables, with access.file',
  configs: 'a stack has scoped_variables, with access.file',
  include: 'init reads this file alone',
};
