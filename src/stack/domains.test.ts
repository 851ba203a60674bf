import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { sampleStack } from '../../test/support/sample-stack.ts';
import { parseSample, sample } from '../../test/support/stack/sample.ts';
import { chooseDomain, toDomainTable } from './domains.ts';
import { parseStack } from './load-stack.ts';

const web = { '.config.network': { public: 'enable', hostname: 'job', ports: ['80:8080'] } };
const balanced = (...routers: readonly object[]) => ({
  'services.loadbalancer.config': {
    type: 'v1',
    details: { controllers: [{ port: 80, transport: { mode: 'http', routers } }] },
  },
});
const linked = (...entries: readonly object[]) => ({
  'emulator.linked': entries.map((entry) => ({ container: 'job', ...entry })),
});

describe('the domains of a stack', () => {
  it('have no second entry for a name that the stack links itself', () => {
    const { linked: entries, ...stack } = parseSample({ ...web, ...linked({ domain: 'job.localhost' }) });
    expect(toDomainTable({ ...stack, linked: entries }).map(({ domain }) => domain)).toEqual(['job.localhost']);
  });

  it.each<[string, object, readonly object[], boolean]>([
    ['domains', { domains: ['b.test'] }, [], false],
    ['domains, one of them by an entry', { domains: ['b.test'] }, [{ domain: 'b.test' }], true],
    ['ports inside', { internal_ports: [1] }, [], false],
    ['the port inside', { internal_ports: [8080] }, [], true],
    ['containers', { containers: { exclude: ['job'] } }, [], false],
    ['paths, of which an entry has some', { path: '/a/b' }, [{ domain: 'job.localhost', match_path: '/a' }], true],
    ['paths by an expression', { path: '^/x' }, [{ domain: 'job.localhost', match_path: '/a' }], true],
  ])('are let through by a router for %s: %#', (_, match, entries, isOpen) => {
    const { warnings } = parseSample({ ...web, ...balanced({ match }), ...linked(...entries) });
    expect(warnings).toEqual(
      isOpen ? [] : [expect.stringMatching(/^containers\.job\.config\.network\.public: no router .* requests to job /)],
    );
  });

  it('have a warning with their line where no router lets them through', () => {
    const changes = {
      ...web,
      ...balanced({ match: { path: '/b' } }),
      ...linked({ domain: 'a.test', match_path: '/a' }),
    };
    const text = stringify(sample(changes));
    const line = text.split('\n').findIndex((one) => one.includes('domain: a.test')) + 1;
    expect(parseStack(text, { source: 'a.yaml', root: '/' }).warnings).toEqual([
      expect.stringMatching(
        new RegExp(
          `^a\\.yaml:${line}:\\d+ emulator\\.linked\\[0\\]\\.domain: no router .* to a\\.test through, so each gets 404`,
        ),
      ),
    ]);
  });

  it('are chosen by function and path, but for those at which an entry before takes the path', () => {
    const network = { public: 'enable', ports: ['80'] };
    const table = toDomainTable({
      ...sampleStack({ web: { network }, api: { network } }),
      linked: [
        { domain: 'a.test', container: 'api', port: 80, matchPath: '/v1' },
        { domain: 'a.test', container: 'web', port: 80, matchPath: null },
      ],
    });
    const choose = (name: string, path: string) => chooseDomain(name, path, table);
    expect(choose('web', '/')).toEqual({ domain: 'a.test', port: null });
    expect(choose('web', '/v1/x')).toEqual({ domain: 'web.localhost', port: null });
    expect(choose('A.test.:8443', '/v1')).toEqual({ domain: 'a.test', port: '8443' });
    expect(choose('other', '/')).toBeNull();
  });

  it('are chosen by the routers, where the stack has some, unless the name has a port', () => {
    const entries = linked({ domain: 'a.test' });
    const routers = balanced({ match: { domains: ['a.test'], path: '/a' } }, { match: { domains: ['job.localhost'] } });
    const table = toDomainTable(parseSample({ ...web, ...entries, ...routers }));
    const choose = (name: string, path: string) => chooseDomain(name, path, table)?.domain;
    expect([choose('job', '/a?b'), choose('job', '/b'), choose('job:443', '/b')]).toEqual([
      'a.test',
      'job.localhost',
      'a.test',
    ]);
  });
});
