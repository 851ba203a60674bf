import { describe, expect, it } from 'vitest';
import { EmulatorError, errorCodes } from '../errors.ts';
import { parseStack } from './parse-stack.ts';
import { type Changes, parseSample, problemsOf } from './testing/sample.ts';

const job = 'containers.job';
const config = `${job}.config`;
const details = `${job}.image.origin.details`;
const keys = 'services.scheduler.config.access_keys';

const duration = 'a duration of digits with units ns, us, ms, s, m, h, d, w or y, such as "30s" or "1h30m"';
const size = 'a size above zero, in bytes or with a unit K, M, G, T or P, such as "256M"';
const name = 'the name of an image, such as busybox:1.37';

/** Problems of the sample with the changes, without the file's name. */
const problemsWith = (changes: Changes): readonly string[] =>
  problemsOf(() => parseSample(changes)).map((line) => line.replace(/^sample\.yaml:? /, ''));

describe('a problem', () => {
  it.each<[string, unknown, string]>([
    ['version', undefined, 'missing, expected "1.0", in quotes'],
    ['version', 1, 'got 1, expected a string: put it in quotes'],
    ['containers', undefined, 'missing, expected an object of containers by identifier'],
    ['containers', [], 'got an empty list, expected an object of containers by identifier'],
    [job, 'x', 'got "x", expected an object'],
    [config, [1], 'got a list, expected an object'],
    [`${config}.deploy`, true, 'got true, expected an object'],
    [`${job}.name`, 7, 'got 7, expected a string: put it in quotes'],
    [`${job}.stateful`, 'no', 'got "no", expected true or false'],
    [`${config}.deploy.instances`, undefined, 'missing, expected a whole number from 0 to 60000'],
    [`${config}.deploy.instances`, -1, 'got -1, expected a whole number from 0 to 60000'],
    [`${config}.deploy.instances`, 1.5, 'got 1.5, expected a whole number from 0 to 60000'],
    [`${config}.deploy.instances`, Number.NaN, 'got NaN, expected a whole number from 0 to 60000'],
    [`${config}.deploy.instances`, '2', 'got "2", expected a whole number from 0 to 60000'],
    [`${config}.deploy.function`, 3, 'got 3, expected an object'],
    [`${config}.deploy.function.max_pool_size`, 0, 'got 0, expected a whole number from 1 to 60000'],
    [`${config}.deploy.function.max_pool_size`, 60_001, 'got 60001, expected a whole number from 1 to 60000'],
    [`${config}.deploy.function.max_shard_concurrency`, 0, 'got 0, expected a whole number of at least 1'],
    [`${config}.deploy.function.max_runtime`, '5 minutes', `got "5 minutes", expected ${duration}`],
    [
      `${config}.deploy.function.max_runtime`,
      '0s',
      'got "0s", expected a duration above zero, or no max_runtime for no limit',
    ],
    [`${config}.deploy.function.max_queue_time`, 10, `got 10, expected ${duration}`],
    [`${config}.deploy.function.max_queue_time`, true, 'got true, expected a string: put it in quotes'],
    [`${config}.deploy.shutdown.graceful_timeout`, -1, 'got -1, expected a whole number from 0 to 1000000000'],
    [`${config}.network.ports`, '80', 'got "80", expected a list'],
    [
      `${config}.network.hostname`,
      'a_b',
      'got "a_b", expected a host name of letters, digits, hyphens and dots, at most 63 characters',
    ],
    [`${config}.runtime.environment_vars`, 'A=1', 'got a string (not shown), expected an object'],
    [`${config}.runtime.command.args`, 'a "b', 'got a string (not shown), expected arguments with every quote closed'],
    [`${config}.runtime.workdir`, 'srv', 'got "srv", expected an absolute path'],
    [`${config}.resources.ram.limit`, '256X', `got "256X", expected ${size}`],
    [`${config}.resources.ram.limit`, 256, 'got 256, expected a string: put it in quotes'],
    [`${config}.runtime.devices.shm_size`, '', `got an empty string, expected ${size}`],
    [`${job}.image.origin`, null, 'missing, expected an image origin'],
    [`${details}.target`, 'Bad Image', `got "Bad Image", expected ${name}`],
    [`${details}.target`, undefined, 'missing, expected the name of an image'],
    [keys, 'hunter2', 'got a string (not shown), expected a list'],
    ['emulator', 'x', 'got "x", expected an object'],
    ['emulator.server.id', 'xyz', 'got "xyz", expected 24 lower-case hex characters'],
    [
      'emulator.server.id',
      '65A000000000000000000001',
      'got "65A000000000000000000001", expected 24 lower-case hex characters: write "65a000000000000000000001"',
    ],
  ])('of %s: %j is: %s', (path, value, text) => {
    expect(problemsWith({ [path]: value })).toEqual([`${path}: ${text}`]);
  });

  const key = (more: object) => ({ name: 'a', secret: 'hunter2', ...more });
  const address = 'an IP address or a CIDR block, such as 10.0.0.0/8 or fd00::/8';
  const header = 'a secret of printable ASCII characters, no blank at its ends';
  const scope = { containers: { global: true } };
  const raw = { type: 'raw', details: { value: 'x' } };

  it.each<[string, unknown, string]>([
    [
      'containers.Hello',
      {},
      'containers.Hello: no identifier of a container, expected lower-case letters, digits and hyphens, at most 63, the first no hyphen',
    ],
    [
      'containers.a b',
      {},
      'containers["a b"]: no identifier of a container, expected lower-case letters, digits and hyphens, at most 63, the first no hyphen',
    ],
    [
      'containers.other',
      { config: { deploy: { strategy: 'fuction' } } },
      'containers.other.config.deploy.strategy: got "fuction", expected one of function, resource-density, manual, high-availability, first-available, node, edge, did you mean "function"?',
    ],
    [
      `${config}.deploy`,
      { strategy: 'function', instances: 5, function: { max_pool_size: 2 } },
      `${config}.deploy.function.max_pool_size: got 2, expected at least the 5 of deploy.instances`,
    ],
    [
      `${config}.deploy.shutdown.signals`,
      ['SIGTRM'],
      `${config}.deploy.shutdown.signals[0]: got "SIGTRM", expected one of SIGTERM, SIGINT, SIGUSR1, SIGUSR2, SIGHUP, SIGQUIT, SIGKILL, did you mean "SIGTERM"?`,
    ],
    [
      `${config}.network.ports`,
      ['0'],
      `${config}.network.ports[0]: got "0", expected ports from 1 to 65535, such as "80:5000" or "3000"`,
    ],
    [
      `${config}.network.ports`,
      ['80:1', '80:2'],
      `${config}.network.ports[1]: got "80:2", expected an external port that no other line has`,
    ],
    [`${config}.network.ports`, [3000], `${config}.network.ports[0]: got 3000, expected a string: put it in quotes`],
    [`${config}.network.ports`, [null], `${config}.network.ports[0]: missing, expected a value`],
    [
      `${config}.runtime.environment_vars`,
      { PORT: 8080 },
      `${config}.runtime.environment_vars.PORT: got a number (not shown), expected a string: put it in quotes`,
    ],
    [
      `${config}.runtime.environment_vars`,
      { A: null },
      `${config}.runtime.environment_vars.A: no value, expected a string: write "" for an empty one`,
    ],
    [
      `${config}.runtime.environment_vars`,
      { A: 'x\0' },
      `${config}.runtime.environment_vars.A: got a string (not shown), expected a value without NUL`,
    ],
    [
      `${config}.runtime.environment_vars`,
      { 'A=B': '' },
      `${config}.runtime.environment_vars["A=B"]: no name for a variable, expected one that is not empty and has no = or NUL`,
    ],
    [
      `${config}.runtime.environment_vars`,
      { '': '' },
      `${config}.runtime.environment_vars[""]: no name for a variable, expected one that is not empty and has no = or NUL`,
    ],
    [`${config}.runtime.sysctl`, { a: 1 }, `${config}.runtime.sysctl.a: got 1, expected a string: put it in quotes`],
    [
      `${config}.runtime.capabilities`,
      ['NET_ADMIN'],
      `${config}.runtime.capabilities[0]: got "NET_ADMIN", expected a Linux capability such as CAP_NET_ADMIN`,
    ],
    [
      `${config}.runtime.rlimits`,
      { nofiles: { soft: 1, hard: 1 } },
      `${config}.runtime.rlimits.nofiles: no resource limit, did you mean "nofile"?`,
    ],
    [
      `${config}.runtime.rlimits`,
      { nofile: { soft: 2, hard: 1 } },
      `${config}.runtime.rlimits.nofile.soft: got 2, expected at most the hard limit, 1`,
    ],
    [
      `${config}.runtime.rlimits`,
      { nofile: { soft: -1, hard: 1 } },
      `${config}.runtime.rlimits.nofile.soft: got -1, expected at most the hard limit, 1`,
    ],
    [
      `${config}.runtime.rlimits`,
      { nofile: { hard: 1 } },
      `${config}.runtime.rlimits.nofile.soft: missing, expected a whole number of at least 0, or -1 for no limit`,
    ],
    [
      `${config}.resources.ram`,
      { limit: '1M', reserve: '2M' },
      `${config}.resources.ram.reserve: got "2M", expected at most the limit`,
    ],
    [
      `${job}.image.origin`,
      { type: 'cycle-source' },
      `${job}.image.origin.type: got "cycle-source", expected one of docker-hub, docker-file, docker-registry, oci-registry`,
    ],
    [
      `${job}.image.build`,
      { args: { A: 1 } },
      `${job}.image.build.args.A: got a number (not shown), expected a string: put it in quotes`,
    ],
    [
      details,
      { target: 'a', username: 'me' },
      `${details}.token: missing, expected a password or token beside the user name`,
    ],
    [
      details,
      { target: 'a', token: 'hunter2' },
      `${details}.username: missing, expected a user name beside the password or token`,
    ],
    [
      `${job}.image.origin`,
      { type: 'docker-registry', details: { target: 'a', url: 'https://me:hunter2@example.com' } },
      `${details}.url: got a string (not shown), expected the URL of a registry without user and password`,
    ],
    [
      `${job}.image.origin`,
      { type: 'oci-registry', details: { target: 'a', url: 'b', auth: 'hunter2' } },
      `${details}.auth: got a string (not shown), expected an object`,
    ],
    [
      `${job}.image.origin`,
      { type: 'docker-file', details: {} },
      `${details}.context_dir: missing, expected a local context_dir, relative to the stack file`,
    ],
    [
      `${job}.image.origin`,
      { type: 'docker-file', details: { repo: { url: 'x' } } },
      `${details}.repo: not supported by the emulator, expected a local context_dir in its place`,
    ],
    [
      `${job}.image.origin`,
      { type: 'docker-file', details: { targz_url: 'x', context_dir: '.' } },
      `${details}.targz_url: not supported by the emulator, expected a local context_dir in its place`,
    ],
    [
      `${job}.image.origin`,
      { type: 'docker-file', details: { context_dir: '.', build_file: '../a' } },
      `${details}.build_file: got "../a", expected the path of a Dockerfile inside context_dir`,
    ],
    [keys, ['hunter2'], `${keys}[0]: got a string (not shown), expected an object`],
    [keys, [{ name: 'a' }], `${keys}[0].secret: missing, expected a secret`],
    [keys, [{ secret: 'hunter2' }], `${keys}[0].name: missing, expected a name`],
    [keys, [key({ secret: '' })], `${keys}[0].secret: got an empty string, expected ${header}`],
    [keys, [key({ secret: 'hunter2\n' })], `${keys}[0].secret: got a string (not shown), expected ${header}`],
    [keys, [key({ secret: 12 })], `${keys}[0].secret: got a number (not shown), expected a string: put it in quotes`],
    [keys, [key({ ips: ['10.0.0.0/33'] })], `${keys}[0].ips[0]: got "10.0.0.0/33", expected ${address}`],
    [keys, [key({ ips: ['127.1'] })], `${keys}[0].ips[0]: got "127.1", expected ${address}`],
    [keys, [key({ ips: ['::1', 'localhost'] })], `${keys}[0].ips[1]: got "localhost", expected ${address}`],
    [keys, [key({}), key({ secret: 'other' })], `${keys}[1].name: got "a", expected a name that no other key has`],
    [
      keys,
      [key({}), key({ name: 'b' })],
      `${keys}[1].secret: got a string (not shown), expected a secret that no other key has`,
    ],
    ['scoped_variables', ['A=hunter2'], 'scoped_variables[0]: got a string (not shown), expected an object'],
    [
      'scoped_variables',
      [{ identifier: 'a', scope, access: {}, source: 'hunter2' }],
      'scoped_variables[0].source: got a string (not shown), expected an object',
    ],
    [
      'scoped_variables',
      [{ identifier: 'a', scope, access: { env_variable: { key: 'A=B' } }, source: raw }],
      'scoped_variables[0].access.env_variable.key: got "A=B", expected the name of a variable, not empty and without = or NUL',
    ],
    [
      'emulator.containers',
      { jbo: {} },
      'emulator.containers.jbo: names no container of this stack, did you mean "job"?',
    ],
    [
      'emulator',
      { environment: { id: '1'.repeat(24) }, server: { id: '1'.repeat(24) } },
      `emulator.server.id: got "${'1'.repeat(24)}", expected an ID that nothing else in this stack has`,
    ],
  ])('below %s: %j is: %s', (path, value, line) => {
    expect(problemsWith({ [path]: value })).toEqual([line]);
  });

  it('of more functions than there are addresses', () => {
    const one = {
      image: { origin: { type: 'docker-hub', details: { target: 'a' } } },
      config: { deploy: { strategy: 'function', instances: 1 } },
    };
    const many = Object.fromEntries(Array.from({ length: 251 }, (_, index) => [`f${index}`, one]));
    expect(problemsWith({ containers: many })).toEqual(['containers: 251 functions, expected at most 250']);
  });

  it.each([[null], [undefined], [1], [[]], [() => 1]])('of a stack that is %s', (stack) => {
    expect(problemsOf(() => parseStack(stack, { source: 'x', baseDir: '/' }))).toHaveLength(1);
  });
});

describe('all problems', () => {
  const broken = `\
version: 1.0
containers:
  job:
    image: { origin: { type: docker-hub, details: { target: "Bad Image" } } }
    config:
      deploy:
        strategy: function
        function:
          max_runtime: 5 minutes
      runtime:
        environment_vars:
          TOKEN: 12345
services:
  scheduler:
    config:
      access_keys:
        - { name: a, secret: "" }
emulator:
  containers:
    jbo: { id: 1 }
`;

  it('are told at once, each with its place, and no secret with them', () => {
    const parse = () => parseStack(broken, { source: 'broken.yaml', baseDir: '/' });
    const message = `\
Failed to read the stack broken.yaml: it has 8 problems. Correct the file where it says:
broken.yaml:1:1 version: got 1, expected a string: put it in quotes
broken.yaml:4:53 containers.job.image.origin.details.target: got "Bad Image", expected ${name}
broken.yaml:6:7 containers.job.config.deploy.instances: missing, expected a whole number from 0 to 60000
broken.yaml:9:11 containers.job.config.deploy.function.max_runtime: got "5 minutes", expected ${duration}
broken.yaml:12:11 containers.job.config.runtime.environment_vars.TOKEN: got a number (not shown), expected a string: put it in quotes
broken.yaml:17:22 services.scheduler.config.access_keys[0].secret: got an empty string, expected a secret of printable ASCII characters, no blank at its ends
broken.yaml:20:5 emulator.containers.jbo: names no container of this stack, did you mean "job"?
broken.yaml:20:12 emulator.containers.jbo.id: got 1, expected 24 lower-case hex characters`;
    expect(parse).toThrow(new EmulatorError(errorCodes.stackInvalid, message));
  });

  it('are counted where they are too many to list', () => {
    const ports = Array.from({ length: 150 }, () => 'x');
    const lines = problemsWith({ [`${config}.network.ports`]: ports });
    expect(lines).toHaveLength(101);
    expect(lines.at(-1)).toBe('and 50 more problems, not listed');
  });
});
