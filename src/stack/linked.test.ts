import { describe, expect, it } from 'vitest';
import { parseSample, problemsWith } from '../../test/support/stack/sample.ts';

const open = (...ports: readonly string[]) => ({ '.config.network': { public: 'enable', hostname: 'job', ports } });
const linked = (...entries: readonly object[]) => ({ 'emulator.linked': entries });
const at = 'emulator.linked[0]';

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
    [linked({ container: 'job' }), [`${at}.domain: missing, expected a domain`]],
    [
      linked({ domain: 'a', container: 'jobs' }),
      [`${at}.container: got "jobs", expected a function of this stack: job`],
    ],
    [
      linked({ domain: 'a', container: 'job', port: 1, match_path: '(' }),
      [
        `${at}.match_path: got "(", expected a path that begins with a slash, or a regular expression in the syntax of RE2 (missing closing ): \`(\`)`,
      ],
    ],
    [
      linked({ domain: 'a', container: 'job', port: 1 }, { domain: 'A', container: 'job', port: 2 }),
      ['emulator.linked[1].domain: got "A", expected a domain and match_path that no entry before has'],
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
        `${at}.container: got "job", expected a function whose config.network.public is enable: no request from outside comes to another`,
      ],
    ],
  ])('refuses %j', (changes, problems) => {
    expect(problemsWith({ ...open('81:1', '82:2'), ...changes })).toEqual(problems);
  });
});
