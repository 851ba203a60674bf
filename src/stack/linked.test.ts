import { describe, expect, it } from 'vitest';
import { parseSample, problemsWith } from '../../test/support/stack/sample.ts';

const open = (...ports: readonly string[]) => ({ '.config.network': { public: 'enable', hostname: 'job', ports } });
const linked = (...entries: readonly object[]) => ({ 'emulator.linked': entries });
const at = 'emulator.linked[0]';
const balanced = (port: number) => ({
  'services.loadbalancer.config': {
    type: 'v1',
    details: { controllers: [{ port, transport: { mode: 'http', routers: [{}] } }] },
  },
});

describe('emulator.linked', () => {
  it.each<[string, readonly string[], object, number]>([
    ['its own', ['80:1', '90:2'], { port: 3 }, 3],
    ['what the port 80 outside leads to', ['90:2', '80:1'], {}, 1],
    ['the only one', ['90:2'], {}, 2],
    ['the only one, mapped twice', ['90:2', '91:2'], {}, 2],
  ])('leads a domain to a port inside: %s', (_, ports, entry, port) => {
    const { linked: read } = parseSample({
      ...open(...ports),
      ...linked({ domain: 'Thumbs.Local.', container: 'job', ...entry }),
    });
    expect(read).toEqual([{ domain: 'thumbs.local', container: 'job', port, matchPath: null }]);
  });

  it.each([
    ['Bücher.local', 'xn--bcher-kva.local'],
    ['例え.テスト', 'xn--r8jz45g.xn--zckzah'],
  ])('takes %s as callers send it', (domain, sent) => {
    expect(parseSample({ ...open('80'), ...linked({ domain, container: 'job' }) }).linked).toMatchObject([
      { domain: sent },
    ]);
  });

  it.each([
    [null, '/v1', true],
    ['/v1', '/v1/x', true],
    ['/v1', '/v1', true],
    ['/v1/x', '/v1', false],
    ['/v1', null, false],
    ['/v1', '^/v1', false],
    ['v1', '/v1', false],
  ])('is refused where an entry before takes all its requests: %j, then %j: %s', (first, second, isRefused) => {
    const entries = [first, second].map((match) => ({
      ...{ domain: 'a.local', container: 'job' },
      ...(match === null ? {} : { match_path: match }),
    }));
    const problems = problemsWith({ ...open('80'), ...linked(...entries) });
    expect(problems).toHaveLength(isRefused ? 1 : 0);
    if (isRefused)
      expect(problems[0]).toMatch(
        /^emulator\.linked\[1\]\.domain: no request comes to this entry, since emulator\.linked\[0\] takes all /,
      );
  });

  it.each<[string, Readonly<Record<string, unknown>>, boolean]>([
    ['several ports', open('81:1', '82:2'), false],
    [
      'several ports, one of them by an entry',
      { ...open('81:1', '82:2'), ...linked({ domain: 'a', container: 'job', port: 1 }) },
      true,
    ],
    ['one of them from the port outside', open('81:1', '80:2'), true],
    ['one of them from the port of the load balancer', { ...open('81:1', '82:2'), ...balanced(81) }, true],
    ['the same port twice', open('81:1', '82:1'), true],
    [
      'a network that is not public',
      { '.config.network': { public: 'disable', hostname: 'job', ports: ['81:1', '82:2'] } },
      true,
    ],
  ])('has to say the port inside of a function with %s: %#', (_, changes, isClear) => {
    const warning =
      'containers.job.config.network.ports: several ports, and none from the port 80 outside, so the function is not reached over HTTP: map that port, or name one in emulator.linked';
    expect(parseSample(changes).warnings).toEqual(isClear ? [] : [warning]);
  });

  it('warns of a public function without a port, where no entry names one', () => {
    const warning =
      'containers.job.config.network.public: public, but no port is mapped, so the function is not reached over HTTP: map one in ports, such as "80:8080" for 8080 inside';
    expect(parseSample(open()).warnings).toEqual([warning]);
    expect(parseSample({ ...open(), ...linked({ domain: 'a', container: 'job', port: 1 }) }).warnings).toEqual([]);
  });

  it('has no problem of its own where the function that it names has one', () => {
    const entry = linked({ domain: 'a', container: 'job' });
    const changes = { ...entry, '.image': null, 'emulator.containers': { job: { hot: 1 } } };
    expect(problemsWith(changes)).toEqual([expect.stringContaining('containers.job.image.origin: missing')]);
    expect(() => parseSample(changes)).not.toThrow('instances to keep hot');
  });

  it.each([
    ['/api/*', '* stands for itself', '/api/'],
    ['/a(b|c)', '( stands for itself', '/a'],
    ['/a$', '$ stands for itself', '/a'],
  ])('warns of a path that is meant as an expression: %s', (path, sign, plain) => {
    const changes = { ...open('80'), ...linked({ domain: 'a', container: 'job', match_path: path }) };
    const { warnings, linked: read } = parseSample(changes);
    expect(warnings).toEqual([expect.stringContaining(`${at}.match_path: ${sign}`)]);
    expect(warnings[0]).toContain(`such as "${plain}", or an expression, such as "^${plain}`);
    expect(read[0]?.matchPath).toBe(path);
  });

  it('takes one domain several times, by path', () => {
    const { linked: read } = parseSample({
      ...open('80'),
      ...linked(
        { domain: 'a.local', container: 'job', match_path: '/v1' },
        { domain: 'a.local', container: 'job', match_path: '\\.png$' },
      ),
    });
    expect(read.map(({ matchPath }) => matchPath)).toEqual(['/v1', '\\.png$']);
  });

  it.each<[object, readonly string[]]>([
    [
      linked({ domain: 'not a domain', container: 'job' }),
      [
        `${at}.domain: got "not a domain", expected a domain of letters, digits, hyphens and dots, such as "thumbs.local"`,
      ],
    ],
    [
      linked({ domain: 'a.test:8080', container: 'job' }),
      [`${at}.domain: got "a.test:8080", expected a domain without a port: leave the port out`],
    ],
    [linked({ container: 'job' }), [`${at}.domain: missing, expected a domain`]],
    [
      { ...linked({ domain: 'a', container: 'jobs' }), ...open('80') },
      [`${at}.container: got "jobs", expected a function of this stack: job, did you mean "job"?`],
    ],
    [
      linked({ domain: 'a', container: 'job', port: 1, match_path: '(' }),
      [
        `${at}.match_path: got "(", expected a path that begins with a slash, or a regular expression in the syntax of RE2 (missing closing ): \`(\`)`,
      ],
    ],
    [
      linked({ domain: 'a', container: 'job', port: 1 }, { domain: 'A', container: 'job', port: 2 }),
      [
        'emulator.linked[1].domain: no request comes to this entry, since emulator.linked[0] takes all requests at a: leave one of them out',
      ],
    ],
    [
      linked({ domain: 'a', container: 'job' }),
      [
        `${at}.port: missing, expected the port inside, since config.network.ports of job maps several ports, and none of them from the port outside`,
      ],
    ],
    [
      { ...linked({ domain: 'a', container: 'job' }), ...open() },
      [`${at}.port: missing, expected the port inside, since config.network.ports of job maps no port`],
    ],
    [
      { ...linked({ domain: 'a', container: 'job' }), '.config.network': { public: 'egress-only', hostname: 'job' } },
      [
        `${at}.container: got "job", expected a function whose config.network.public is enable: that of job is egress-only, so no request from outside comes to it`,
      ],
    ],
  ])('refuses %j', (changes, problems) => {
    expect(problemsWith({ ...open('81:1', '82:2'), ...changes })).toEqual(problems);
  });
});
