// What Docker 29 does otherwise than the engines that can be had, by its API's public changelog for v1.52.

export const docker29 = { version: '29.0.0', api: '1.52', oldestApi: '1.44' } as const;

type Fields = Record<string, unknown>;

/** A request's path without its version; the version in force, which is the newest where the path names none. */
export type ApiPath = { readonly version: string; readonly path: string };

export const parseApiPath = (url: string): ApiPath => {
  const [, version = docker29.api, path = url] = /^\/v(\d+\.\d+)(\/.*)$/.exec(url) ?? [];
  return { version, path };
};

/** Negative where `one` is the older version. */
export const compareVersions = (one: string, other: string): number => {
  const minor = (version: string): number => Number(version.split('.')[1]);
  return Number.parseInt(one, 10) - Number.parseInt(other, 10) || minor(one) - minor(other);
};

/** Why a version is not served; null where it is. */
export const refuseVersion = (version: string): string | null => {
  if (compareVersions(version, docker29.oldestApi) < 0) {
    return `client version ${version} is too old. Minimum supported API version is ${docker29.oldestApi}, please upgrade your client to a newer version`;
  }
  if (compareVersions(version, docker29.api) <= 0) return null;
  return `client version ${version} is too new. Maximum supported API version is ${docker29.api}`;
};

/** Why a container is not made; null where it is. That it is refused is documented, the words are not. */
export const refuseContainer = ({ version }: ApiPath, { MacAddress }: Fields): string | null =>
  !isNewest(version) || MacAddress === undefined || MacAddress === ''
    ? null
    : 'container-wide MAC address is no longer supported. Use the MAC address of the endpoint settings instead';

const goneFromNetworkSettings = [
  ...['Bridge', 'HairpinMode', 'LinkLocalIPv6Address', 'LinkLocalIPv6PrefixLen', 'SecondaryIPAddresses'],
  ...['SecondaryIPv6Addresses', 'EndpointID', 'Gateway', 'GlobalIPv6Address', 'GlobalIPv6PrefixLen', 'IPAddress'],
  ...['IPPrefixLen', 'IPv6Gateway', 'MacAddress'],
];

const goneWhenEmptyFromImageConfig = [
  ...['Cmd', 'Entrypoint', 'Env', 'Labels', 'OnBuild', 'User', 'Volumes', 'WorkingDir'],
];

const toContainer = (container: Fields): Fields => ({
  ...container,
  Config: without(withoutEmpty(fieldsOf(container['Config']), ['OnBuild']), ['MacAddress']),
  HostConfig: without(fieldsOf(container['HostConfig']), ['KernelMemoryTCP']),
  NetworkSettings: without(fieldsOf(container['NetworkSettings']), goneFromNetworkSettings),
});

const toImage = (image: Fields): Fields => ({
  ...withoutEmpty(image, ['Parent', 'Comment', 'DockerVersion', 'Author']),
  Config: withoutEmpty(fieldsOf(image['Config']), goneWhenEmptyFromImageConfig),
});

const toInfo = (info: Fields): Fields => ({ ...without(info, ['KernelMemoryTCP']), ServerVersion: docker29.version });

const toVersion = ({ Components = [], ...version }: Fields): Fields => {
  const named = { Version: docker29.version, ApiVersion: docker29.api, MinAPIVersion: docker29.oldestApi };
  const [engine, ...others] = Components as readonly Fields[];
  const Details = { ...fieldsOf(engine?.['Details']), ApiVersion: docker29.api, MinAPIVersion: docker29.oldestApi };
  return { ...version, ...named, Components: [{ ...engine, Version: docker29.version, Details }, ...others] };
};

/** Answers that come otherwise to clients of the newest API, and to all, by their request's path. */
const answers: readonly (readonly [RegExp, (answer: Fields) => Fields])[] = [
  [/^\/containers\/[^/]+\/json$/, toContainer],
  [/^\/images\/.+\/json$/, toImage],
];
const answersOfAnyVersion: typeof answers = [
  [/^\/info$/, toInfo],
  [/^\/version$/, toVersion],
];

/** How the answer to a request changes; null where it does not. Clients that ask for an older API get what they know. */
export const findRule = ({ version, path }: ApiPath): ((answer: Fields) => Fields) | null => {
  const [resource = ''] = path.split('?');
  const all = isNewest(version) ? [...answers, ...answersOfAnyVersion] : answersOfAnyVersion;
  return all.find(([pattern]) => pattern.test(resource))?.[1] ?? null;
};

export const isNewest = (version: string): boolean => compareVersions(version, docker29.api) >= 0;

/** One of the engine's events. */
export const toEvent = (event: Fields): Fields => without(event, ['status', 'id', 'from']);

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

const without = (fields: Fields, gone: readonly string[]): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !gone.includes(name)));

const withoutEmpty = (fields: Fields, gone: readonly string[]): Fields =>
  without(
    fields,
    gone.filter((name) => isEmpty(fields[name])),
  );

const isEmpty = (value: unknown): boolean =>
  value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);
