import { describe, expect, it } from 'vitest';
import { sampleStack } from '../../test/support/sample-stack.ts';
import type { LinkedDomain, Router, Stack } from '../stack/model.ts';
import { createDomains } from './domains.ts';

const network = { public: 'enable', ports: ['80:8080', '443:8443'] };
const stack = sampleStack({ web: { network }, api: { network: { public: 'enable', ports: ['3000'] } }, job: {} });

const link = (domain: string, container: string, matchPath: string | null = null): LinkedDomain => ({
  ...{ domain, container, matchPath, port: 1 },
});

const router = (changes: Partial<Router> = {}): Router => ({
  ...{ domains: null, internalPorts: null, path: null, include: null, exclude: null },
  ...{ retries: null, connectMs: null, forward: null },
  ...changes,
});

const find = (changes: Partial<Stack>, host: string, target = '/') => {
  try {
    const {
      identifier,
      port,
      target: forwarded,
      reachWithinMs,
    } = createDomains({ ...stack, ...changes }).find(host, target);
    return { identifier, port, target: forwarded, reachWithinMs };
  } catch (error) {
    return (error as { ending: string }).ending;
  }
};

const balanced = (...routers: readonly Router[]) => ({ controllers: [{ port: 80, idleMs: null, routers }] });

describe('the domains of a stack', () => {
  it('are those of its functions with a public network', () => {
    expect(createDomains(stack).table.map(({ domain, port }) => [domain, port])).toEqual([
      ['web.localhost', 8080],
      ['api.localhost', 3000],
    ]);
    expect(find({}, 'job.localhost')).toBe('router_nomatch');
  });

  it.each(['web.localhost', 'WEB.localhost:4290', 'web.localhost.', 'web.localhost.:80'])('are found as %s', (host) => {
    expect(find({}, host)).toEqual({ identifier: 'web', port: 8080, target: '/', reachWithinMs: 30_000 });
  });

  it.each([
    ['in Punycode', 'xn--bcher-kva.local:4290'],
    ['in UTF-8, byte by byte', Buffer.from('Bücher.local.').toString('latin1')],
  ])('are found where they are not ASCII: %s', (_, host) => {
    expect(find({ linked: [link('xn--bcher-kva.local', 'api')] }, host)).toMatchObject({ identifier: 'api' });
  });

  it('are of the controller whose port the Host has', () => {
    const controllers = [80, 443].map((port) => ({
      port,
      idleMs: port,
      routers: [router({ retries: 0, connectMs: port })],
    }));
    const asked = ['web.localhost', 'web.localhost:4290', 'web.localhost:443', 'api.localhost:443'];
    expect(asked.map((host) => find({ controllers }, host))).toMatchObject([
      { port: 8080, reachWithinMs: 80 },
      { port: 8080, reachWithinMs: 80 },
      { port: 8443, reachWithinMs: 443 },
      { port: 3000, reachWithinMs: 443 },
    ]);
  });

  it('have the port of an entry where the mappings leave it open', () => {
    const linked = [{ domain: 'a.local', container: 'web', port: 20, matchPath: null }];
    const ports = [1, 2].map((external) => ({ external, internal: 10 * external }));
    const [web, ...others] = stack.functions.map((spec) => ({ ...spec, network: { ...spec.network, ports } }));
    const { table } = createDomains({ ...stack, linked, functions: web === undefined ? others : [web] });
    expect(table.map(({ domain, port }) => [domain, port])).toEqual([
      ['a.local', 20],
      ['web.localhost', 20],
    ]);
  });

  it('are tried with their paths in the order of the stack', () => {
    const linked = [link('a.local', 'api', '/v1'), link('a.local', 'web', '^/(v2|v3)$'), link('a.local', 'job')];
    const found = ['/v1/x?y', '/v3?a=/v1', '/v4'].map((target) => find({ linked }, 'a.local', target));
    expect(found).toMatchObject([{ identifier: 'api' }, { identifier: 'web' }, { identifier: 'job' }]);
    expect(find({ linked: linked.slice(0, 2) }, 'a.local', '/v4')).toBe('router_nomatch');
  });

  it('say their paths where none fits', () => {
    const linked = [link('a.local', 'api', '/v1'), link('a.local', 'web', '^/(v2|v3)$'), link('b.local', 'api', '/b')];
    expect(() => createDomains({ ...stack, linked }).find('a.local', '/v4')).toThrow(
      'No path of a.local fits "/v4". Paths here: /v1, ^/(v2|v3)$.',
    );
  });
});

describe('a router', () => {
  it.each<[string, Partial<Router>, boolean]>([
    ['all', {}, true],
    ['its domain', { domains: ['web.localhost'] }, true],
    ['another domain', { domains: ['api.localhost'] }, false],
    ['its port inside', { internalPorts: [8080] }, true],
    ['another port inside', { internalPorts: [80] }, false],
    ['its container', { include: ['web'] }, true],
    ['another container', { include: ['api'] }, false],
    ['all but its container', { exclude: ['web'] }, false],
    ['its path', { path: '/path' }, true],
    ['another path', { path: '/other' }, false],
  ])('that matches %s is a request’s: %s %s', (_, match, fits) => {
    const found = find(balanced(router(match)), 'web.localhost', '/path');
    if (fits) expect(found).toMatchObject({ identifier: 'web' });
    else expect(found).toBe('router_nomatch');
  });

  it('says how long a function may take to listen', () => {
    const retries = router({ retries: 2, connectMs: 1_000 });
    expect(find(balanced(retries, router()), 'web.localhost')).toMatchObject({ reachWithinMs: 3_000 });
  });

  it.each([
    ['/$$1', '/example/wow.jpg?size=1', '/wow.jpg?size=1'],
    ['/pictures/$1', '/example/wow.jpg', '/pictures/wow.jpg'],
    ['$$1', '/example/wow.jpg', '/wow.jpg'],
    ['/fixed$$9', '/example/', '/fixed'],
  ])('forwards to %s: %s becomes %s', (forward, target, expected) => {
    const rewriting = router({ path: '^/example/(.*)$', forward });
    expect(find(balanced(rewriting), 'web.localhost', target)).toMatchObject({ target: expected });
  });

  it('is missing where the controller has none', () => {
    expect(find(balanced(), 'web.localhost')).toBe('router_none');
  });
});
