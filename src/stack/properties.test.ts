import fc from 'fast-check';
import { expect, it } from 'vitest';
import { anyCharacter } from '../../test/support/any-text.ts';
import { sample, smallest } from '../../test/support/stack/sample.ts';
import { EmulatorError } from '../shared/errors.ts';
import { parseStack } from './load-stack.ts';

const options = { source: 'any', root: '/' };

/** Answers a stack or says why not; anything else thrown is a mistake of ours. */
const tryParse = (input: unknown): string | null => {
  try {
    parseStack(input, options);
    return null;
  } catch (error) {
    if (!(error instanceof EmulatorError)) throw error;
    return error.message;
  }
};

/** Every path of a stack that says as much as one can. */
const full = sample({
  about: { version: '1', description: 'x' },
  '.config.network': { public: 'enable', hostname: 'job', ports: ['80:80'] },
  '.config.deploy.function': { max_pool_size: 2, max_shard_concurrency: 1, max_runtime: '1m', max_queue_time: '1s' },
  '.config.deploy.shutdown': { graceful_timeout: '1s', signals: ['SIGTERM'] },
  '.config.deploy.readiness_check': { command: 'true', interval: '1s', timeout: '1s' },
  '.config.deploy.health_check': {
    command: 'a b',
    retries: 1,
    delay: '1s',
    interval: '1s',
    timeout: '1s',
    restart: true,
  },
  '.config.runtime': {
    command: { path: 'sh', args: 'a' },
    environment_vars: { A: '1' },
    sysctl: { a: '1' },
    rlimits: { nofile: { soft: 1, hard: 1 } },
    capabilities: ['CAP_CHOWN'],
    rootfs: { readonly: true },
    devices: { shm_size: '1M' },
  },
  '.config.resources': { cpu: { shares: { limit: 1, reserve: 1 } }, ram: { limit: '1M', reserve: '1M' } },
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
  emulator: { environment: { name: 'x' }, containers: { job: { id: '1'.repeat(24) } } },
});

const pathsOf = (value: unknown): (string | number)[][] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => [[key], ...pathsOf(inner).map((rest) => [key, ...rest])])
    : [];

const replaceAt = (value: unknown, [step, ...rest]: readonly (string | number)[], by: unknown): unknown => {
  if (step === undefined) return by;
  const copy = Object.assign(Array.isArray(value) ? [] : {}, value) as Record<string | number, unknown>;
  copy[step] = replaceAt(copy[step], rest, by);
  return copy;
};

it('the full sample stack has no problem, so that random changes start from a valid stack', () => {
  expect(tryParse(full)).toBeNull();
});

it('any JSON value is a stack or has problems', () => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => void tryParse(value)));
  expect(tryParse(smallest)).toBeNull();
});

it('a stack with any JSON value at any of its places is a stack or has problems, as an object and as a text', () => {
  const places = fc.constantFrom(...pathsOf(full));
  fc.assert(
    fc.property(places, fc.jsonValue({ maxDepth: 3 }), (place, value) => {
      const stack = replaceAt(full, place, value);
      const [fromObject, fromText] = [tryParse(stack), tryParse(JSON.stringify(stack))];
      expect(fromText === null).toBe(fromObject === null);
    }),
    { numRuns: 2_000 },
  );
});

it('any text is a stack or has problems', () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: anyCharacter }), fc.json());
  fc.assert(
    fc.property(text, (input) => void tryParse(input)),
    { numRuns: 2_000 },
  );
});

it('no message shows a secret, next to any other problem', () => {
  const secret = 'hunter2-hunter2';
  const access = { name: 'other', secret };
  const keys = fc.oneof(
    fc.constantFrom<unknown>(
      secret,
      [secret],
      [[secret]],
      { secret },
      [access, access],
      [{ ...access, secret: [secret] }],
    ),
    fc.constant([{ ...access, secret: ` ${secret}` }]),
  );
  const variables = fc.constantFrom<unknown>(
    secret,
    [secret],
    { A: [secret] },
    { A: `${secret}\0` },
    { A: { B: secret } },
  );
  fc.assert(
    fc.property(keys, variables, fc.boolean(), (accessKeys, environment, asText) => {
      const stack = sample({
        version: 1,
        'services.scheduler.config.access_keys': accessKeys,
        '.config.runtime.environment_vars': environment,
        '.config.runtime.command.args': `--token "${secret}`,
        '.image.origin.details': { target: 'a', token: secret },
      });
      const message = tryParse(asText ? JSON.stringify(stack) : stack);
      expect(message).toContain('version');
      expect(message).not.toContain(secret);
    }),
  );
});
