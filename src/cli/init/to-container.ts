import { posix } from 'node:path';
import { isRecord } from '../../shared/values.ts';
import { composeFields } from '../../stack/compose-fields.ts';
import {
  type Interpolation,
  joinWords,
  type Say,
  type Tree,
  toCount,
  toDuration,
  toEntries,
  toHealthCheck,
  toPort,
  toSize,
  toWords,
} from './compose-values.ts';

/** Reads a service field by field, and notes those that nothing was made of. */
export const readService = (name: string, fields: Tree, notes: string[]) => {
  const said = new Set<string>();
  const note = (field: string, reason: string): void => void notes.push(`services.${name}.${field}: ${reason}`);
  return {
    note,
    /** The field as a stack says it; undefined where it is absent, or cannot be said, which is then noted. */
    say: <Value>(
      field: string,
      toValue: Say<Value>,
      reason = 'a stack cannot say it in this form',
    ): Value | undefined => {
      said.add(field);
      const value = fields[field] ?? undefined;
      const result = value === undefined ? undefined : toValue(value);
      if (result === null) note(field, reason);
      return result ?? undefined;
    },
    /** The fields of one of its fields; none where that is no map. */
    inside: (field: string): Tree => {
      said.add(field);
      const value = fields[field];
      return isRecord(value) ? value : {};
    },
    noteRest: (): void => {
      for (const field of Object.keys(fields)) {
        if (said.has(field) || field.startsWith('x-')) continue;
        note(field, reasons[field] ?? composeFields[field] ?? 'not a field that init knows');
      }
    },
  };
};

type Service = ReturnType<typeof readService>;

const reasons: Readonly<Record<string, string>> = {
  volumes: 'the emulator mounts none, and a function keeps nothing between runs',
  env_file: 'its values may be secrets: write what the function needs into config.runtime.environment_vars',
  profiles: 'a stack has none, so this container is always part of it',
  restart: 'functions are not restarted',
};

/** Without what is empty. */
const compact = (tree: Tree): Tree =>
  Object.fromEntries(
    Object.entries(tree).filter(
      ([, value]) => value !== undefined && !(isRecord(value) && Object.keys(value).length === 0),
    ),
  );

const toImage: Say<Tree> = (value) => {
  if (typeof value !== 'string') return null;
  const [, url, target] = /^([^/]+[.:][^/]*|localhost)\/(.+)$/.exec(value) ?? [];
  return url === undefined
    ? { origin: { type: 'docker-hub', details: { target: value } } }
    : { origin: { type: 'docker-registry', details: { url, target } } };
};

/** Paths of a stack start at its folder, as those of a Compose file do. */
const toBuild: Say<Tree> = (value) => {
  const { context = '.', dockerfile = 'Dockerfile', args } = (isRecord(value) ? value : { context: value }) as Tree;
  if (typeof context !== 'string' || typeof dockerfile !== 'string' || /:|@/.test(context)) return null;
  const [folder, file] = [posix.normalize(context), posix.join(context, dockerfile)];
  if (posix.isAbsolute(folder) || [folder, file].some((path) => path.startsWith('..'))) return null;
  const given = toEntries(args);
  return {
    origin: {
      type: 'docker-file',
      details: { context_dir: posix.join('/', folder), build_file: posix.join('/', file) },
    },
    ...(given && { build: { args: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null)) } }),
  };
};

const toList: Say<readonly unknown[]> = (value) => (Array.isArray(value) ? value : null);

const toCapabilities: Say<readonly string[]> = (value) =>
  Array.isArray(value) && !value.includes('ALL') ? value.map((one) => `CAP_${String(one).replace(/^CAP_/, '')}`) : null;

const toRlimits: Say<Tree> = (value) => {
  if (!isRecord(value)) return null;
  const limits = Object.entries(value).map(([name, limit]): [string, Tree] => {
    const { soft, hard } = (isRecord(limit) ? limit : { soft: limit, hard: limit }) as Tree;
    return [name, { soft: Number(soft), hard: Number(hard) }];
  });
  const isSaid = limits.every(([, { soft, hard }]) => Number.isSafeInteger(soft) && Number.isSafeInteger(hard));
  return isSaid ? Object.fromEntries(limits) : null;
};

const signals = ['SIGTERM', 'SIGINT', 'SIGUSR1', 'SIGUSR2', 'SIGHUP', 'SIGQUIT'];

const toHostname: Say<string> = (value) => (/^[a-zA-Z0-9-]{1,63}$/.test(String(value)) ? String(value) : null);

const toTexts: Say<Readonly<Record<string, string>>> = (value) => {
  const entries = toEntries(value);
  return entries && Object.fromEntries(Object.entries(entries).map(([name, text]) => [name, text ?? '']));
};

/** The whole command: what comes after the entry point takes the image's arguments' place. */
const toCommand = (entrypoint: readonly string[] | undefined, command: readonly string[] | undefined) => {
  const [path, ...rest] = entrypoint ?? [];
  const args = joinWords([...rest, ...(command ?? [])]);
  return compact({ path, args: args === '' ? undefined : args });
};

const toImageOf = (service: Service): Tree | undefined => {
  const build = service.say(
    'build',
    toBuild,
    'its context or Dockerfile is not in this folder or below: run init in the folder that holds both, or name an image',
  );
  const { context: _context, dockerfile: _dockerfile, args, ...rest } = service.inside('build');
  for (const field of build === undefined ? [] : Object.keys(rest)) {
    service.note(`build.${field}`, 'a stack has image.build.args, and nothing else of a build');
  }
  for (const [name, value] of build === undefined ? [] : Object.entries(toEntries(args) ?? {})) {
    if (value === null) service.note('build.args', `${name} has no value in this file: write one`);
  }
  const image = service.say('image', toImage);
  return build ?? image;
};

const toPorts = (service: Service): readonly string[] => {
  const ports = service.say('ports', toList) ?? [];
  const mapped = ports.flatMap((port) => {
    const said = toPort(port);
    if (said === null) service.note('ports', `${JSON.stringify(port)} is a range or not TCP, which a stack cannot map`);
    return said === null ? [] : [said];
  });
  // One port outside leads to one inside.
  return [...new Map(mapped.map((port) => [port.split(':')[0], port])).values()];
};

const toNetwork = (service: Service, name: string): Tree => {
  const ports = toPorts(service);
  const [hostname, containerName] = [service.say('hostname', toHostname), service.say('container_name', toHostname)];
  return {
    public: ports.length > 0 ? 'enable' : 'disable',
    hostname: hostname ?? containerName ?? toIdentifier(name),
    ...(ports.length > 0 && { ports }),
  };
};

/** Less than the 5 s that a request waits for an instance: a process that ignores SIGTERM has its instance for so long. */
const graceOverHttp = '1s';

const toDeploy = (service: Service, isFunction: boolean, isPublic: boolean): Tree => {
  service.say('deploy', (value) => (isRecord(value) ? value : null));
  const { replicas = 1, resources: _resources, ...rest } = service.inside('deploy');
  for (const field of Object.keys(rest))
    service.note(`deploy.${field}`, 'a stack has no such field, or another meaning of it');
  return compact({
    strategy: isFunction ? 'function' : undefined,
    instances: service.say('scale', toCount) ?? toCount(replicas) ?? 1,
    shutdown: compact({
      graceful_timeout:
        service.say('stop_grace_period', toDuration) ?? (isFunction && isPublic ? graceOverHttp : undefined),
      signals: service.say('stop_signal', (value) => (signals.includes(String(value)) ? [value] : null)),
    }),
    health_check: service.say('healthcheck', toHealthCheck, 'it has no test that a stack can say'),
  });
};

const toRuntime = (service: Service, interpolation: Interpolation): Tree =>
  compact({
    command: toCommand(service.say('entrypoint', toWords), service.say('command', toWords)),
    workdir: service.say('working_dir', (value) => (String(value).startsWith('/') ? String(value) : null)),
    environment_vars: Object.fromEntries(
      Object.entries(service.say('environment', toEntries) ?? {}).map(([name, value]) => [
        name,
        value ?? interpolation.toPlaceholder(name),
      ]),
    ),
    sysctl: service.say('sysctls', toTexts),
    rlimits: service.say('ulimits', toRlimits),
    capabilities: service.say('cap_add', toCapabilities),
    rootfs: compact({
      readonly: service.say('read_only', (value) => (value === true ? true : null), 'it is not true'),
    }),
    devices: compact({ shm_size: service.say('shm_size', toSize) }),
  });

const toResources = (service: Service): Tree => {
  const { limits, reservations } = (service.inside('deploy')['resources'] ?? {}) as Readonly<
    Record<string, Tree | undefined>
  >;
  const cpus = service.say('cpus', String) ?? limits?.['cpus'];
  return compact({
    cpu: compact({ cpus: cpus === undefined ? undefined : String(cpus) }),
    ram: compact({
      limit: service.say('mem_limit', toSize) ?? toSize(limits?.['memory']) ?? undefined,
      reserve: service.say('mem_reservation', toSize) ?? toSize(reservations?.['memory']) ?? undefined,
    }),
  });
};

/** The container of a service; null where it has no image that a stack can name. */
export const toContainer = (
  service: Service,
  name: string,
  isFunction: boolean,
  interpolation: Interpolation,
): Tree | null => {
  const image = toImageOf(service);
  if (image === undefined) return null;
  const network = toNetwork(service, name);
  const container = compact({
    name,
    image,
    stateful: false,
    annotations: service.say('labels', toTexts),
    config: compact({
      network,
      deploy: toDeploy(service, isFunction, network['public'] === 'enable'),
      runtime: toRuntime(service, interpolation),
      resources: toResources(service),
    }),
  });
  service.noteRest();
  return container;
};

export const toIdentifier = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, '-')
    .replace(/^-+/, '')
    .slice(0, 63);
