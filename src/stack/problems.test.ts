import { describe, expect, it } from 'vitest';
import { problemsOf, problemsWith } from '../../test/support/stack/sample.ts';
import { parseStack } from './load-stack.ts';

const job = 'containers.job';
const config = `${job}.config`;
const details = `${job}.image.origin.details`;

const duration = 'a duration of digits with units ns, us, ms, s, m, h, d, w or y, such as "30s" or "1h30m"';
const size = 'a size above zero, in bytes or with a unit K, M, G, T or P, such as "256M"';
const name = 'the name of an image, such as busybox:1.37';

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
    [`${job}.stateful`, 'no', 'got "no", expected true or false: write false'],
    [`${config}.deploy.instances`, undefined, 'missing, expected a whole number from 0 to 60000'],
    [`${config}.deploy.instances`, -1, 'got -1, expected a whole number from 0 to 60000'],
    [`${config}.deploy.instances`, 1.5, 'got 1.5, expected a whole number from 0 to 60000'],
    [`${config}.deploy.instances`, Number.NaN, 'got NaN, expected a whole number from 0 to 60000'],
    [`${config}.deploy.instances`, '2', 'got "2", expected a whole number from 0 to 60000: leave out the quotes'],
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
    [
      `${config}.runtime.command.args`,
      ['-c', 'x'],
      `got a list, expected all arguments in one string, with quotes around one that has blanks, such as '-c "sleep 10 && date"'`,
    ],
    [
      `${config}.runtime.command`,
      'sh -c x',
      `got a string (not shown), expected an object, such as { path: /bin/sh, args: '-c "sleep 10 && date"' }`,
    ],
    [`${config}.runtime.environment_vars`, ['A=1'], 'got a list, expected an object, such as { NAME: value }'],
    [
      `${job}.image`,
      'nginx',
      'got "nginx", expected an object, such as { origin: { type: docker-hub, details: { target: "busybox:1.37" } } }',
    ],
    [`${job}.stateful`, 'true', 'got "true", expected true or false: write true'],
    [
      'services.scheduler.service.enable',
      false,
      'got false, expected true: without the scheduler no function can be claimed',
    ],
    ['services.scheduler.enable', false, 'got false, expected true: without the scheduler no function can be claimed'],
    [`${config}.runtime.workdir`, 'srv', 'got "srv", expected an absolute path'],
    [`${config}.runtime.workdir`, '/a\0b', 'got "/a\\u0000b", expected text without NUL'],
    [`${config}.runtime.command.path`, '/bin/\0sh', 'got "/bin/\\u0000sh", expected text without NUL'],
    [
      `${config}.runtime.command.args`,
      'a "b\0c"',
      'got a string (not shown), expected arguments, each text without NUL',
    ],
    [
      `${config}.runtime.command.args`,
      `-c ${'x'.repeat(131_072)}`,
      'got a string (not shown), expected arguments, each text of at most 131071 bytes, which is all that Linux takes',
    ],
    [`${config}.resources.ram.limit`, '256X', `got "256X", expected ${size}`],
    [`${config}.resources.ram.limit`, 256, 'got 256, expected a string: put it in quotes'],
    [`${config}.runtime.devices.shm_size`, '', `got an empty string, expected ${size}`],
    [`${job}.image.origin`, null, 'missing, expected an image origin'],
    [`${details}.target`, 'Bad Image', `got "Bad Image", expected ${name}`],
    [`${details}.target`, undefined, 'missing, expected the name of an image'],
  ])('of %s: %j is: %s', (path, value, text) => {
    expect(problemsWith({ [path]: value })).toEqual([`${path}: ${text}`]);
  });

  it.each<[string, unknown, string]>([
    [
      'containers.Hello',
      {},
      ': not an identifier of a container, expected lower-case letters, digits and hyphens, at most 63, the first no hyphen',
    ],
    [
      'containers.other',
      {
        image: { origin: { type: 'docker-hub', details: { target: 'busybox:1.37' } } },
        config: { deploy: { strategy: 'fuction', instances: 1 } },
      },
      '.config.deploy.strategy: got "fuction", expected one of function, resource-density, manual, high-availability, first-available, node, edge, did you mean "function"?',
    ],
    [
      `${config}.deploy`,
      { strategy: 'function', instances: 5, function: { max_pool_size: 2 } },
      '.function.max_pool_size: got 2, expected at least the 5 of deploy.instances',
    ],
    [
      `${config}.deploy.shutdown.signals`,
      ['SIGTRM'],
      '[0]: got "SIGTRM", expected one of SIGTERM, SIGINT, SIGUSR1, SIGUSR2, SIGHUP, SIGQUIT, SIGKILL, did you mean "SIGTERM"?',
    ],
    [`${config}.network.ports`, ['0'], '[0]: got "0", expected ports from 1 to 65535, such as "80:5000" or "3000"'],
    [`${config}.network.ports`, ['80:1', '80:2'], '[1]: got "80:2", expected an external port that no other line has'],
    [`${config}.network.ports`, [3000], '[0]: got 3000, expected a string: put it in quotes'],
    [`${config}.network.ports`, [null], '[0]: missing, expected a value'],
    [
      `${config}.runtime.environment_vars`,
      { PORT: 8080 },
      '.PORT: got a number (not shown), expected a string: put it in quotes',
    ],
    [`${config}.runtime.environment_vars`, { A: null }, '.A: no value, expected a string: write "" for an empty one'],
    [
      `${config}.runtime.environment_vars`,
      { A: 'x\0' },
      '.A: got a string (not shown), expected a value for a process: the value contains a NUL character',
    ],
    [
      `${config}.runtime.environment_vars`,
      { A: '\ud800' },
      '.A: got a string (not shown), expected a value for a process: it is not well-formed Unicode: it has half a surrogate pair',
    ],
    [
      `${config}.runtime.environment_vars`,
      { AB: 'x'.repeat(131_069) },
      '.AB: got a string (not shown), expected a value for a process: name and value together are longer than 131070 bytes',
    ],
    [
      `${config}.runtime.environment_vars`,
      { 'A=B': '' },
      '["A=B"]: not a name for a variable, expected one that is not empty and has no = or NUL',
    ],
    [
      `${config}.runtime.environment_vars`,
      { '': '' },
      '[""]: not a name for a variable, expected one that is not empty and has no = or NUL',
    ],
    [`${config}.runtime.sysctl`, { a: 1 }, '.a: got 1, expected a string: put it in quotes'],
    [
      `${config}.runtime.capabilities`,
      ['NET_ADMIN'],
      '[0]: got "NET_ADMIN", expected a Linux capability such as CAP_NET_ADMIN',
    ],
    [
      `${config}.runtime.rlimits`,
      { nofiles: { soft: 1, hard: 1 } },
      '.nofiles: not a resource limit, did you mean "nofile"?',
    ],
    [
      `${config}.runtime.rlimits`,
      { nofile: { soft: 2, hard: 1 } },
      '.nofile.soft: got 2, expected at most the hard limit, 1',
    ],
    [
      `${config}.runtime.rlimits`,
      { nofile: { soft: -1, hard: 1 } },
      '.nofile.soft: got -1, expected at most the hard limit, 1',
    ],
    [
      `${config}.runtime.rlimits`,
      { nofile: { hard: 1 } },
      '.nofile.soft: missing, expected a whole number from 0 to 9007199254740991, or -1 for no limit',
    ],
    [
      `${config}.runtime.rlimits`,
      { core: { soft: 0, hard: 2 ** 53 } },
      '.core.hard: got 9007199254740992, expected a whole number from 0 to 9007199254740991, or -1 for no limit',
    ],
    [
      `${config}.runtime.sysctl`,
      { 'net.core.somaxconn': '1\0' },
      '["net.core.somaxconn"]: got "1\\u0000", expected text without NUL',
    ],
    [`${config}.resources.ram`, { limit: '1M', reserve: '2M' }, '.reserve: got "2M", expected at most the limit'],
    [
      `${job}.image.origin`,
      { type: 'cycle-source' },
      '.type: got "cycle-source", expected one of docker-hub, docker-file, docker-registry, oci-registry: the emulator cannot read sources on the platform',
    ],
    [
      `${job}.image.build`,
      { args: { A: 1 } },
      '.args.A: got a number (not shown), expected a string: put it in quotes',
    ],
    [details, { target: 'a', username: 'me' }, '.token: missing, expected a password or token beside the user name'],
    [
      details,
      { target: 'a', token: 'hunter2' },
      '.username: missing, expected a user name beside the password or token',
    ],
    [
      `${job}.image.origin`,
      { type: 'docker-registry', details: { target: 'a', url: 'https://me:hunter2@example.com' } },
      '.details.url: got a string (not shown), expected the URL of a registry without user and password',
    ],
    [
      `${job}.image.origin`,
      { type: 'oci-registry', details: { target: 'a', url: 'b', auth: 'hunter2' } },
      '.details.auth: got a string (not shown), expected an object',
    ],
    [
      `${job}.image.origin`,
      { type: 'docker-file', details: {} },
      '.details.context_dir: missing, expected the directory to build in, from the root, such as "/"',
    ],
    [
      `${job}.image.origin`,
      { type: 'docker-file', details: { context_dir: '.', build_file: '../a' } },
      '.details.build_file: got "../a", expected a Dockerfile below the root, which is /stacks; --root names another',
    ],
    [
      `${job}.image.origin`,
      { type: 'docker-registry', details: { target: 'c.com:5000/a', url: 'b.com' } },
      '.details.target: got "c.com:5000/a", expected the name of an image on the registry, without a host',
    ],
  ])('below %s: %j is %s', (path, value, text) => {
    expect(problemsWith({ [path]: value })).toEqual([`${path}${text}`]);
  });

  it('of more functions than there are addresses', () => {
    const one = {
      image: { origin: { type: 'docker-hub', details: { target: 'a' } } },
      config: { deploy: { strategy: 'function', instances: 1 } },
    };
    const many = Object.fromEntries(Array.from({ length: 251 }, (_, index) => [`f${index}`, one]));
    expect(problemsWith({ containers: many })).toEqual(['containers: 251 functions, expected at most 250']);
  });

  it('of more containers than any stack has', () => {
    const many = Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`c${index}`, {}]));
    expect(problemsWith({ containers: many })).toEqual(['containers: 1001 containers, expected at most 1000']);
  });

  it.each([[null], [undefined], [1], [[]], [() => 1]])('of a stack that is %s', (stack) => {
    expect(problemsOf(() => parseStack(stack, { source: 'x', root: '/' }))).toHaveLength(1);
  });
});
