import fc from 'fast-check';
import { dereference, platformSchema, type Schema } from './platform-schema.ts';

type Arbitrary = fc.Arbitrary<unknown>;
type Tree = Record<string, unknown>;

const text = fc.string({ maxLength: 8 }).map((value) => value.replaceAll('{{', '').replaceAll('\0', ''));
const duration = fc.constantFrom('1s', '1h30m', '250ms');
const size = fc.constantFrom('1M', '256MB', '1.5G');

/** Values of fields whose form the schema does not have: it has only "a string" of durations, sizes, ports and the like. */
const byName: Readonly<Record<string, Arbitrary>> = {
  'string hostname': fc.constantFrom('a-host', 'host.local'),
  'array ports': fc.uniqueArray(fc.constantFrom('80:5000', '443:5000', '3000'), {
    selector: (port) => port.split(':')[0],
  }),
  'string max_runtime': duration,
  'string max_queue_time': duration,
  'string graceful_timeout': duration,
  'string command': fc.constantFrom('./check.sh', "/bin/sh -c 'exit 0'"),
  'string interval': duration,
  'string timeout': duration,
  'string delay': duration,
  'integer retries': fc.nat(5),
  'integer instances': fc.nat(5),
  'integer max_pool_size': fc.integer({ min: 5, max: 50 }),
  'integer max_shard_concurrency': fc.integer({ min: 1, max: 9 }),
  'string workdir': fc.constantFrom('/srv', ''),
  'string path': fc.constantFrom('/bin/sh', ''),
  'string args': fc.constantFrom('', '-c "a b"', "x 'y z'"),
  'string shm_size': size,
  'string cpus': fc.constantFrom('0.5', '2', '0-3'),
  'integer hard': fc.integer({ min: 100, max: 200 }),
  'integer soft': fc.nat(100),
  'string target': fc.constantFrom('busybox:1.37', 'library/busybox'),
  'string url': fc.constantFrom('registry.example.com', 'https://registry.example.com/v2'),
  'string name': text.map((value) => `name ${value}`),
  'string identifier': fc.constantFrom('VARIABLE', 'a-variable'),
  'string key': fc.constantFrom('KEY', 'key'),
  'array ips': fc.array(fc.constantFrom('10.0.0.0/8', '::1'), { maxLength: 2 }),
  'string permissions': fc.constantFrom('0644', '400', ''),
  'string context_dir': fc.constant('.'),
  'array access_keys': fc.uniqueArray(
    fc
      .record({ name: fc.constantFrom('a', 'b'), secret: fc.constantFrom('s-1', 's-2') })
      .map(({ name, secret }) => ({ name, secret: `${name}${secret}` })),
    { selector: ({ name }) => name, maxLength: 2 },
  ),
};

/** Names in maps whose names have a form. */
const keysOf: Readonly<Record<string, Arbitrary>> = {
  containers: fc.constantFrom('job', 'db-1', '0'),
  rlimits: fc.constantFrom('nofile', 'RLIMIT_CORE'),
  environment_vars: fc.constantFrom('A', 'B_C', 'd e'),
};

const sizeOf = (path: readonly string[]): Arbitrary | undefined =>
  path.at(-2) === 'ram' ? { limit: fc.constant('256M'), reserve: fc.constant('128M') }[path.at(-1) ?? ''] : undefined;

/** Any value that the schema allows, but for variables: those are gone before anything is read. */
const fromSchema = (given: Schema, path: readonly string[]): Arbitrary => {
  const schema = dereference(given);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const name = path.at(-1) ?? '';
  const special = sizeOf(path) ?? byName[`${mainType(schema)} ${name}`];
  const isNull = Array.isArray(schema.type) ? schema.type.includes('null') : schema.type === 'null';
  const alternatives = (schema.oneOf ?? schema.anyOf)?.filter((one) => dereference(one).title !== 'StackVariable');
  const value = alternatives
    ? fc.oneof(...alternatives.map((one) => fromSchema(one, path)))
    : special && schema.type !== 'null'
      ? special
      : ofType(schema, path);
  return isNull && schema.type !== 'null' ? fc.option(value, { freq: 8 }) : value;
};

const mainType = ({ type }: Schema): string | undefined =>
  typeof type === 'string' ? type : type?.find((one) => one !== 'null');

const ofType = (schema: Schema, path: readonly string[]): Arbitrary => {
  switch (mainType(schema)) {
    case 'object':
      return ofObject(schema, path);
    case 'array':
      return fc.array(fromSchema(schema.items ?? {}, [...path, '0']), { maxLength: 2 });
    case 'string':
      return schema.title === 'Duration' ? duration : stringLike(path.at(-1) ?? '');
    case 'integer':
    case 'number':
      return fc.nat(100);
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return fc.jsonValue({ maxDepth: 1 }).filter((value) => !JSON.stringify(value).includes('{{'));
  }
};

const stringLike = (name: string): Arbitrary => (name === 'access' ? fc.constantFrom('r', 'rwm') : text);

const ofObject = ({ properties, required = [], additionalProperties }: Schema, path: readonly string[]): Arbitrary => {
  if (properties === undefined) {
    const keys = keysOf[path.at(-1) ?? ''] ?? text.map((key) => `k${key}`);
    return fc.dictionary(keys as fc.Arbitrary<string>, fromSchema(additionalProperties || {}, [...path, '*']), {
      maxKeys: 3,
    });
  }
  const model = Object.fromEntries(
    [...new Set([...Object.keys(properties), ...required])].map((name) => [
      name,
      fromSchema(properties[name] ?? {}, [...path, name]),
    ]),
  );
  return fc.record(model, { requiredKeys: [...required] });
};

const as = (value: unknown): Tree | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Tree) : null;

/** A user name goes with a token or a password. */
const pairCredentials = (details: Tree | null): void => {
  if (details === null) return;
  details['username'] = 'user';
  details['token'] = 'token';
};

/** Of images for functions, those that the emulator can have: what lies on the platform or in a repository it cannot. */
const settleImage = (container: Tree): void => {
  const image = as(container['image']);
  const origin = as(image?.['origin']);
  if (image === null || origin === null) return;
  const details = as(origin['details']);
  if (origin['type'] === 'cycle-source') image['origin'] = { type: 'docker-hub', details: { target: 'busybox' } };
  if (origin['type'] === 'docker-file')
    origin['details'] = { ...details, context_dir: '.', repo: null, targz_url: null, build_file: null };
  if (['docker-hub', 'docker-registry'].includes(String(origin['type']))) pairCredentials(details);
  const auth = as(details?.['auth']);
  if (auth?.['type'] === 'user') pairCredentials(as(auth['details']));
};

/** Makes every other container a function, and of the rest only what belongs together. */
const settle = (stack: Tree): Tree => {
  const containers = Object.values(as(stack['containers']) ?? {}) as Tree[];
  for (const [index, container] of containers.entries()) {
    const deploy = as(as(container['config'])?.['deploy']);
    if (deploy === null) continue;
    if (index % 2 === 0) deploy['strategy'] = 'function';
    if (deploy['strategy'] === 'function') settleImage(container);
  }
  for (const variable of (stack['scoped_variables'] ?? []) as Tree[]) {
    const details = as(as(variable['source'])?.['details']);
    if (as(as(variable['access'])?.['file'])?.['decode'] === true && typeof details?.['value'] === 'string')
      details['value'] = 'dGV4dA==';
  }
  const service = as(as(as(stack['services'])?.['scheduler'])?.['service']);
  if (service !== null) service['enable'] = true;
  return stack;
};

export const stackArbitrary: fc.Arbitrary<Tree> = fromSchema(platformSchema, []).map((stack) =>
  settle(structuredClone(stack) as Tree),
);
