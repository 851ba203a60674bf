import { describe, expect, it } from 'vitest';
import { parseSample } from '../../test/support/stack/sample.ts';

const router = {
  match: { domains: null, internal_ports: null },
  mode: 'random',
  config: { sticky_sessions: false, destination_retries: 3, timeouts: { destination_connection: '2s' } },
};

const controller = (changes: object = {}, transport: object = {}) => ({
  identifier: 'port-80',
  port: 80,
  transport: {
    disable: false,
    mode: 'http',
    config: { performance: false, ingress: { tls: null }, timeouts: { idle: '1m' }, verbosity: 'normal' },
    routers: [router],
    ...transport,
  },
  ...changes,
});

const at = 'services.loadbalancer.config';
const read = (...given: readonly object[]) => {
  const config = { type: 'v1', ipv4: true, ipv6: true, performance: false, details: { controllers: given } };
  const { controllers, warnings } = parseSample({ [at]: config });
  const [found = null] = controllers;
  return { found, controllers, warnings: warnings.map((line) => line.replace(`${at}.details.`, '')) };
};

const all = { domains: null, internalPorts: null, path: null, include: null, exclude: null };

describe('services.loadbalancer', () => {
  it('is one HTTP controller with its routers', () => {
    const match = {
      domains: ['A.local', 'Bücher.local.'],
      internal_ports: [8080],
      path: '^/example/(.*)$',
      containers: { include: ['job'], exclude: [] },
    };
    const extension = { type: 'http', details: { forward: { url: '/$$1' } } };
    const config = { ...router.config, extension };
    const { found, warnings } = read(controller({}, { routers: [{ ...router, match, config }, router] }));
    expect(warnings).toEqual([]);
    expect(found).toEqual({
      port: 80,
      idleMs: 60_000,
      routers: [
        {
          domains: ['a.local', 'xn--bcher-kva.local'],
          internalPorts: [8080],
          path: '^/example/(.*)$',
          ...{ include: ['job'], exclude: null, retries: 3, connectMs: 2_000, forward: '/$$1' },
        },
        { ...all, retries: 3, connectMs: 2_000, forward: null },
      ],
    });
  });

  it('is several HTTP controllers, that of port 80 first, each port once', () => {
    const { controllers, warnings } = read(controller({ port: 443 }), controller(), controller({ port: 443 }));
    expect(controllers.map(({ port }) => port)).toEqual([80, 443]);
    expect(warnings).toEqual(['controllers[2]: ignored: a controller before has the port 443, too']);
  });

  it.each<[string, object, string]>([
    [
      'of TCP',
      controller({}, { mode: 'tcp' }),
      'controllers[0].transport.mode: tcp controllers are not supported, ignored',
    ],
    [
      'of UDP',
      controller({}, { mode: 'udp' }),
      'controllers[0].transport.mode: udp controllers are not supported, ignored',
    ],
  ])('ignores controllers %s', (_, given, warning) => {
    expect(read(given)).toMatchObject({ controllers: [], warnings: [warning] });
  });

  it('ignores what is disabled', () => {
    expect(read(controller({}, { disable: true }))).toMatchObject({ controllers: [], warnings: [] });
  });

  it.each<[object, string]>([
    [controller({ waf: { rules: [{ type: 'deny' }] } }), 'waf'],
    [
      controller({}, { config: { ingress: { tls: { enable: true } }, timeouts: { idle: '1s' } } }),
      'transport.config.ingress.tls',
    ],
    [
      controller({}, { routers: [{ ...router, config: { ...router.config, sticky_sessions: true } }] }),
      'transport.routers[0].config.sticky_sessions',
    ],
    ...['redirect', 'caching', 'proxy'].map((name): [object, string] => [
      controller(
        {},
        {
          routers: [
            { ...router, config: { ...router.config, extension: { type: 'http', details: { [name]: { x: 1 } } } } },
          ],
        },
      ),
      `transport.routers[0].config.extension.details.${name}`,
    ]),
  ])('names what is not acted on: %#', (given, place) => {
    expect(read(given).warnings).toEqual([`controllers[0].${place}: not supported by the emulator, ignored`]);
  });

  it('leaves out a router that it cannot read, which would match too much', () => {
    const wrong = { ...router, match: { domains: null, internal_ports: null, path: '(' } };
    const { found, warnings } = read(controller({}, { routers: [wrong] }));
    expect(found?.routers).toEqual([]);
    expect(warnings).toEqual([expect.stringMatching(/match\.path: got "\(", expected .*: the router is ignored$/)]);
  });

  it('names another type than v1', () => {
    const { controllers, warnings } = parseSample({ [at]: { type: 'haproxy', details: { backend: {} } } });
    expect(controllers).toEqual([]);
    const reason = 'it has the type "haproxy", and the gateway acts on the type v1 only: write "type: v1" in it';
    expect(warnings).toEqual([`${at}: ignored: ${reason}`]);
  });

  it('names a type that is missing, of itself and of an extension', () => {
    const { warnings } = parseSample({ [at]: { details: { controllers: [controller()] } } });
    expect(warnings).toEqual([expect.stringMatching(/config: ignored: it has no type, .*: write "type: v1" in it$/)]);
    const extension = { details: { forward: { url: '/' } } };
    const { warnings: others } = read(controller({}, { routers: [{ config: { extension } }] }));
    expect(others).toEqual([expect.stringMatching(/extension: ignored: it has no type, .* write "type: http" in it$/)]);
  });

  it('names containers of routers that the stack does not have', () => {
    const match = { containers: { include: ['jop'], exclude: ['x', 'job'] } };
    const { warnings } = read(controller({}, { routers: [{ match }, {}] }));
    const containers = 'controllers[0].transport.routers[0].match.containers';
    expect(warnings).toEqual([
      `${containers}.include[0]: "jop" is not a container of this stack, did you mean "job"?`,
      `${containers}.exclude[0]: "x" is not a container of this stack`,
    ]);
  });

  it.each([{ mode: 'tcp' }, { mode: 'udp' }, { mode: 'quic' }, { disable: true }])(
    'names them of a controller that is ignored, too: %o',
    (transport) => {
      const match = { containers: { include: ['jop'] } };
      const { warnings } = read(controller({}, { ...transport, routers: [{ match }, {}] }));
      const at = 'controllers[0].transport.routers[0].match.containers.include[0]';
      expect(warnings).toContain(`${at}: "jop" is not a container of this stack, did you mean "job"?`);
    },
  );
});
