import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sample } from '../../test/support/stack/sample.ts';
import { stackArbitrary } from '../../test/support/stack/stack-arbitrary.ts';
import { EmulatorError } from '../shared/errors.ts';
import { parseStack } from './load-stack.ts';

const schema = JSON.parse(readFileSync(new URL('../../stack.schema.json', import.meta.url), 'utf8')) as object;
const validate = new Ajv({ allowUnionTypes: true, strictTypes: false }).compile(schema);

const schemaComplaints = (stack: unknown): readonly string[] =>
  validate(stack) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`);

type Said = { readonly problems: readonly string[]; readonly warnings: readonly string[] };

const readerComplaints = (stack: unknown): Said => {
  try {
    return { problems: [], warnings: parseStack(stack, { source: 'stack', root: '/' }).warnings };
  } catch (error) {
    if (!(error instanceof EmulatorError)) throw error;
    const [problems = '', warnings = ''] = error.message.split('\nWarnings:\n');
    return { problems: problems.split('\n').slice(1), warnings: warnings.split('\n').filter(Boolean) };
  }
};

/** What only the reader judges; docs/fixtures.md says so. */
const onlyTheReader = [
  // By more than the value itself.
  /that no other|that nothing else in this stack has|names no container|a key of containers|a function (of this stack|whose)/,
  /at most (the (hard )?limit|its max_pool_size)|at least the \d+ of|takes all requests|no operation|happens to/,
  /beside (the|it)|the port inside|true: without the scheduler/,
  // The form of a text.
  /expected .*(name|host|registry|arguments|a command|an IP address|a secret of|a domain|absolute path|CPUs|above zero)/,
  /expected .*(at most \d+ (years|bytes)|ports from|below the root|regular expression|without NUL|a value for a process)/,
  /not a name for a variable|an ID of 1 to|expected (the absolute path|a path beside|a value in base64|permissions|false, or a folder)/,
];

const hub = { origin: { type: 'docker-hub', details: { target: 'busybox:1.37', username: 'u', token: 't' } } };
const deploy = { strategy: 'function', instances: 1 };
const check = { command: 'true', interval: '1s', timeout: '1s' };

/** A stack that says as much as one can, and that nothing is to be said about. */
const full = sample({
  about: { description: 'x' },
  '.name': 'Job',
  '.image': hub,
  '.config.network': { public: 'enable', hostname: 'job', ports: ['80:80'] },
  '.config.deploy': {
    ...deploy,
    function: { max_pool_size: 2, max_shard_concurrency: 1, max_runtime: '1m', max_queue_time: '1s' },
    shutdown: { graceful_timeout: '1s', signals: ['SIGTERM'] },
    readiness_check: check,
    health_check: { ...check, retries: 1, delay: '1s', restart: true },
  },
  '.config.runtime': {
    command: { path: 'sh', args: 'a' },
    workdir: '/srv',
    environment_vars: { A: '1' },
    sysctl: { a: '1' },
    rlimits: { nofile: { soft: 1, hard: 1 } },
    capabilities: ['CAP_CHOWN'],
    rootfs: { readonly: true },
    devices: { shm_size: '1M' },
  },
  '.config.resources': { cpu: { cpus: '0.5', shares: { limit: 1, reserve: 1 } }, ram: { limit: '1M', reserve: '1M' } },
  '.config.scaling': { instances: { min_ttl: '1h' } },
  'containers.built': {
    image: {
      origin: { type: 'docker-file', details: { context_dir: '.', build_file: '/D' } },
      build: { args: { a: 'b' } },
    },
    config: { deploy },
  },
  'containers.mirrored': {
    image: {
      origin: { type: 'docker-registry', details: { url: 'r.example', target: 'a', username: 'u', password: 'p' } },
    },
    config: { deploy },
  },
  'containers.oci': {
    image: {
      origin: {
        type: 'oci-registry',
        details: { url: 'r.example', target: 'a', auth: { type: 'user', details: { username: 'u', token: 't' } } },
      },
    },
    config: { deploy },
  },
  'containers.database': {
    image: { origin: { type: 'cycle-source', details: { source_id: 'x' } } },
    config: { deploy: { strategy: 'manual', instances: 1 } },
  },
  scoped_variables: [
    {
      identifier: 'a',
      scope: { containers: { global: true, identifiers: ['job'], ids: [] } },
      access: {
        env_variable: { key: 'A' },
        file: { path: '/a/b', decode: false, permissions: '0400', uid: 1, gid: 1 },
      },
      source: { type: 'raw', details: { value: '1' } },
    },
  ],
  'services.loadbalancer': {
    config: {
      type: 'v1',
      details: {
        controllers: [
          {
            port: 80,
            transport: {
              mode: 'http',
              config: { timeouts: { idle: '1m' } },
              routers: [
                {
                  match: {
                    domains: ['a.example', 'job.localhost'],
                    internal_ports: [80],
                    path: '/',
                    containers: { include: ['job'], exclude: [] },
                  },
                  config: {
                    destination_retries: 1,
                    timeouts: { destination_connection: '5s' },
                    extension: { type: 'http', details: { forward: { url: '/x' } } },
                  },
                },
              ],
            },
          },
        ],
      },
    },
  },
  emulator: {
    environment: { name: 'x', id: '2'.repeat(24) },
    server: { id: '3'.repeat(24) },
    containers: { job: { id: '1'.repeat(24), hot: 1, warm: 1, processes: 100 } },
    linked: [{ domain: 'a.example', container: 'job', port: 80, match_path: '/' }],
    network: 'net',
    seed: 1,
    faults: [
      { id: 'f', effect: { type: 'delay', ms: 5 }, match: { operation: 'claim', function: 'job', token: 't', nth: 1 } },
      { effect: { type: 'error', code: '503.not-ready', status: 503 }, match: { probability: 0.5, times: 2 } },
      { effect: { type: 'exitAfter', ms: 5, code: 1 } },
    ],
  },
});

type Tree = Record<string, unknown>;

type Path = readonly (string | number)[];

const placesOf = (value: unknown, path: Path = []): readonly { readonly path: Path; readonly value: unknown }[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => {
        const at = [...path, Array.isArray(value) ? Number(key) : key];
        return [{ path: at, value: inner }, ...placesOf(inner, at)];
      })
    : [];

const places = placesOf(full);

const changeAt = (target: unknown, [step = '', ...rest]: Path, change: (at: Tree, key: string) => void): void => {
  if (typeof target !== 'object' || target === null) return;
  if (rest.length === 0) change(target as Tree, String(step));
  else changeAt((target as Record<string | number, unknown>)[step], rest, change);
};

/** Of each kind some. */
const values: readonly unknown[] = [null, true, 0, -1, 1.5, 2 ** 60, 'x', '5s', '{{v}}', [], ['x'], { x: 1 }];

const moreValues = [false, 1, '', '1.5 GB', 'a{{v}}', 'url', 'default', 'tcp', 'SIGKILL', [1], [{}], {}];

/** And what stands elsewhere in a stack. */
const anyValue = fc.oneof(
  fc.constantFrom(...values, ...moreValues),
  fc.constantFrom(...places.map(({ value }) => value)),
);

const without = (at: Tree, key: string): void => {
  if (Array.isArray(at)) at.splice(Number(key), 1);
  else delete at[key];
};

const kinds = {
  set: (at: Tree, key: string, value: unknown): void => {
    at[key] = structuredClone(value);
  },
  drop: without,
  rename: (at: Tree, key: string): void => {
    const value = at[key];
    without(at, key);
    if (!Array.isArray(at)) at[`${key}s`] = value;
  },
  add: (at: Tree, _key: string, value: unknown): void => {
    if (Array.isArray(at)) at.push(value);
    else at['another'] = value;
  },
};

type Change = { readonly path: Path; readonly value: unknown; readonly kind: keyof typeof kinds };

const change: fc.Arbitrary<Change> = fc.record({
  path: fc.constantFrom(...places.map(({ path }) => path)),
  value: anyValue,
  kind: fc.constantFrom('set', 'set', 'set', 'drop', 'rename', 'add'),
});

const changed = (changes: readonly Change[]): unknown => {
  const stack = structuredClone(full);
  for (const { path, value, kind } of changes) changeAt(stack, path, (at, key) => kinds[kind](at, key, value));
  return stack;
};

/** What one of them has against a stack, and the other should have and has not. */
const disagreements = (stack: unknown): readonly string[] => {
  const bySchema = schemaComplaints(stack);
  const { problems, warnings } = readerComplaints(stack);
  // Nothing can be said of what it stands for.
  if (problems.some((line) => line.includes('has no value: give '))) return [];
  if (bySchema.length > 0) return problems.length + warnings.length > 0 ? [] : bySchema;
  return [
    ...problems.filter((line) => !onlyTheReader.some((rule) => rule.test(line))),
    ...warnings.filter((line) => /unknown field|got .*: ignored$/.test(line)),
  ];
};

describe('stack.schema.json and the reader', () => {
  it('allow a stack with every field', () => {
    expect(schemaComplaints(full)).toEqual([]);
    expect(readerComplaints(full)).toEqual({ problems: [], warnings: [] });
  });

  it('allow every stack that the platform’s schema allows', () => {
    fc.assert(
      fc.property(stackArbitrary, (stack) => {
        // A port, it says, is any number.
        expect(schemaComplaints(stack).filter((line) => !/must be [<>]= /.test(line))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('agree about each kind of value at each place', () => {
    const found = places.flatMap(({ path }) =>
      values.flatMap((value) =>
        disagreements(changed([{ path, value, kind: 'set' }])).map((line) => `${JSON.stringify(value)}: ${line}`),
      ),
    );
    expect(found).toEqual([]);
  });

  it('agree about stacks with random changes', () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 2 }), (changes) => {
        const stack = changed(changes);
        expect(disagreements(stack), JSON.stringify(stack)).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });
});
