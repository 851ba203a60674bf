import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { parseSample, sample } from '../../test/support/stack/sample.ts';
import { parseStack } from './load-stack.ts';

const deploy = 'containers.job.config.deploy';
const runtime = 'containers.job.config.runtime';

describe('a warning', () => {
  it.each<[string, unknown, string?]>([
    ['tests', [{ container: 'job' }]],
    [
      'services.loadbalancer.service',
      { enable: true, high_availability: true, auto_update: true },
      '.high_availability',
    ],
    ['services.vpn', { auth: {}, allow_internet: true }],
    ['services.discovery', { hosts: { a: {}, b: 1 } }],
    ['services.scheduler.high_availability', true],
    ['services.scheduler.service', { enable: true, high_availability: true, auto_update: true }, '.high_availability'],
    ['monitoring', { logs: { logs: { drain: { url: 'x', exclude_services: true } } } }],
    ['containers.job.image.build', { use_disk: true, args: {} }, '.use_disk'],
    [`${runtime}.devices`, { expose: [{ source: '/dev/kvm', destination: '/dev/kvm' }] }, '.expose'],
    [`${runtime}.devices`, { permissions: [{ type: 'c', allow: true, access: 'r' }] }, '.permissions'],
    ['containers.job.image.origin.details', { target: 'busybox', existing: { source_id: 'x' } }, '.existing'],
    [
      'containers.job.image.origin',
      { type: 'docker-file', details: { context_dir: '/', existing: { source_id: 'x' } } },
      '.details.existing',
    ],
    ['services.scheduler.config.public', true],
    ['containers.job.volumes', [{ destination: '/data' }]],
    ['containers.job.role', 'conductor'],
    ['containers.job.deprecate', true],
    ['containers.job.image.builder', { integration_id: 'x' }],
    ['containers.job.config.scaling', { window: '5s' }, '.window'],
    ['containers.job.config.integrations', { webhooks: { config: 'x' } }],
    [`${deploy}.constraints`, { node: { tags: { any: ['a'] } } }],
    [`${deploy}.startup`, { delay: '5s' }],
    [`${deploy}.update`, { stagger: '5s' }],
    [`${deploy}.restart`, { condition: 'always' }],
    [`${deploy}.telemetry`, { interval: '5s', disable: false }],
    [`${runtime}.namespaces`, ['pid']],
    [`${runtime}.seccomp`, { disable: true, rules: [] }],
    [`${runtime}.host`, { expose_proc: true }],
    [`${runtime}.privileged`, true],
    ['containers.job.config.network.l2', { domains: ['a'] }],
    ['containers.job.config.resources.ram.swappiness', 60],
  ])('names %s, which the emulator does not act on', (path, value, below = '') => {
    const { warnings } = parseSample({ [path]: value });
    expect(warnings).toEqual([`${path}${below}: not supported by the emulator, ignored`]);
  });

  it.each([
    [`${runtime}.privileged`, false],
    [`${runtime}.seccomp`, { disable: false, rules: [] }],
    [`${deploy}.constraints`, { node: { tags: { any: [], all: null } } }],
    [`${deploy}.telemetry`, null],
    ['containers.job.stateful', false],
    ['containers.job.annotations', { anything: { at: ['all'] } }],
    ['annotations', { anything: 1 }],
    ['about', { version: '1', description: 'x' }],
    ['services.scheduler.enable', true],
    ['services.loadbalancer', null],
    ['tests', []],
  ])('is not given for %s: %j, which changes nothing', (path, value) => {
    expect(parseSample({ [path]: value }).warnings).toEqual([]);
  });

  it.each([
    ['contaners', 'unknown field, ignored, did you mean "containers"?'],
    ['containers.job.configuration', 'unknown field, ignored'],
    [`${deploy}.instance`, 'unknown field, ignored, did you mean "instances"?'],
    [`${deploy}.healthcheck`, 'unknown field, ignored, did you mean "health_check"?'],
    [`${runtime}.environment_var`, 'unknown field, ignored, did you mean "environment_vars"?'],
    ['containers.job.config.environment_vars', 'unknown field, ignored: it belongs to config.runtime'],
    [`${runtime}.command.environment_vars`, 'unknown field, ignored: it belongs to config.runtime'],
    ['containers.job.max_runtime', 'unknown field, ignored: it belongs to config.deploy.function'],
    ['containers.job.config.hostname', 'unknown field, ignored: it belongs to config.network'],
    ['containers.job.config.image', 'unknown field, ignored: it belongs to the container itself'],
    ['emulator.enviroment', 'unknown field, ignored, did you mean "environment"?'],
  ])('names %s, which is unknown', (path, text) => {
    expect(parseSample({ [path]: {} }).warnings).toEqual([`${path}: ${text}`]);
  });

  it.each([{ image: {} }, { config: {} }])('names a container outside of containers: %j', (bill) => {
    const advice = 'it looks like a container, which belongs under containers: indent it';
    expect(parseSample({ bill }).warnings).toEqual([`bill: ignored: ${advice}`]);
  });

  it.each([
    ['version', '2.0', '"2.0" is not known, read as "1.0"'],
    ['containers.job.stateful', true, 'a function keeps nothing between runs, ignored'],
    [`${deploy}.shutdown.graceful_timeout`, 3, 'a number is read as seconds, as in older stacks: write "3s"'],
    [`${deploy}.shutdown.signals`, ['SIGTERM', 'SIGKILL'], 'SIGKILL ignored: it always comes after graceful_timeout'],
    [
      'containers.job.config.resources.cpu.cpus',
      '0-3',
      'pins to threads of a server, not supported by the emulator, ignored: see cpu.shares',
    ],
    [
      'containers.job.config.network.public',
      'environment-limited',
      'environment-limited is not supported by the emulator, read as disable',
    ],
    ['containers.job.volumes', ['./a:/b'], 'got a list, expected a list of objects: ignored'],
    [`${runtime}.privileged`, 'yes', 'got "yes", expected true or false: ignored'],
    ['containers.job.environment', ['A=1'], 'ignored: a stack has config.runtime.environment_vars'],
  ])('explains %s: %j', (path, value, text) => {
    expect(parseSample({ [path]: value }).warnings).toEqual([`${path}: ${text}`]);
  });

  it('appears when no caller has a key, and when there is nothing to claim', () => {
    const keys = 'services.scheduler.config.access_keys';
    const refusesAll = `${keys}: none given, so the API refuses every call: add a key with name and secret`;
    expect(parseSample({ [keys]: [] }).warnings).toEqual([refusesAll]);
    expect(parseSample({ services: null }).warnings).toEqual([refusesAll]);
    expect(parseSample({ containers: {} }).warnings).toEqual([
      'containers: none has deploy.strategy function, so nothing can be claimed',
    ]);
  });

  it('has the place in the file where there is one, and they come in its order', () => {
    const text = stringify(sample({ tests: [1], '.role': 'conductor' }));
    const lineOf = (word: string) => text.split('\n').findIndex((line) => line.includes(`${word}:`)) + 1;
    expect(parseStack(text, { source: 'a.yaml', root: '/' }).warnings).toEqual([
      `a.yaml:${lineOf('role')}:5 containers.job.role: not supported by the emulator, ignored`,
      `a.yaml:${lineOf('tests')}:1 tests: not supported by the emulator, ignored`,
    ]);
  });

  it('is given once for all aliases of an anchor', () => {
    const { containers, ...rest } = sample({ '.role': 'conductor' }) as { containers: { job: object } };
    const { job } = containers;
    const text = stringify({ ...rest, containers: { job, other: job, third: { ...job, role: 'conductor' } } });
    expect(text).toContain('other: *');
    const lines = text.split('\n').flatMap((line, index) => (line.includes('role: conductor') ? [index + 1] : []));
    expect(parseStack(text, { source: 'a.yaml', root: '/' }).warnings).toEqual([
      `a.yaml:${lines[0]}:5 containers.job.role: not supported by the emulator, ignored`,
      `a.yaml:${lines[1]}:5 containers.third.role: not supported by the emulator, ignored`,
    ]);
  });

  it('names a number that YAML readers read differently', () => {
    const text = stringify(sample()).replace('instances: 1', 'instances: 010');
    const { warnings, functions } = parseStack(text, { source: 'a.yaml', root: '/' });
    expect(warnings).toEqual([
      expect.stringMatching(
        /^a\.yaml:\d+:\d+: a number with a leading zero, which some YAML readers take for octal: write it without/,
      ),
    ]);
    expect(functions[0]?.pool.instances).toBe(10);
  });

  it('counts those that are too many to list', () => {
    const fields = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`field-number-${index}`, 1]));
    const { warnings } = parseSample({ emulator: fields });
    expect(warnings).toHaveLength(101);
    expect(warnings.at(-1)).toBe('and 50 more warnings, not listed');
  });
});
