import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { complaintsOf } from '../../../test/support/stack/platform-schema.ts';
import { parseStack } from '../../stack/load-stack.ts';
import { parseArgs } from '../../stack/values.ts';
import { toVariables } from '../../stack/variables/stack-variables.ts';
import { joinWords } from './compose-values.ts';
import { fromCompose, fromDockerfile } from './from-compose.ts';

const fromText = (text: string) => fromCompose(parse(text, { merge: true }));

/** What the emulator makes of the only service, with what the conversion has left out. */
const convert = (service: object) => {
  const { containers, notes } = fromCompose({ services: { job: { build: '.', ...service } } });
  const stack = { version: '1.0', containers, services: { scheduler: { config: { access_keys: [] } } } };
  expect(complaintsOf({ ...stack, services: {} })).toEqual([]);
  const variables = toVariables({ environment: { CYCLE_STACK_VAR_PORT: '1' } });
  const [spec] = parseStack(stack, { source: 'stack', root: '/app', variables }).functions;
  return { ...spec, notes: notes.map((note) => note.replace('services.job.', '')) };
};

const realistic = `
x-common: &common
  restart: unless-stopped
  environment: &env { LOG_LEVEL: "\${LOG_LEVEL:-info}", TZ: UTC }
services:
  api_server:
    <<: *common
    build: { context: ./api, args: [VERSION=1.0] }
    environment: { <<: *env, PORT: 3000, DB_URL: "postgres://u:\${DB_PASSWORD}@db" }
    ports: ["80:3000"]
    deploy: { replicas: 3, resources: { limits: { cpus: '0.50', memory: 512M } } }
    depends_on: [db]
    networks: [front]
  worker:
    extends: api_server
    command: node worker.js
    environment: [QUEUE=jobs, AWS_REGION]
    scale: 2
    profiles: [debug]
  db:
    image: postgres:17
    volumes: [data:/var/lib/postgresql/data]
volumes: { data: {} }
`;

describe('a Compose file', () => {
  it('becomes a stack: what is built are functions, and what cannot be said is named with the reason', () => {
    const { containers, notes, interpolation } = fromText(realistic);
    const variables = toVariables({ variables: { 'db-password': 'pw', 'aws-region': 'eu' }, environment: {} });
    const stack = parseStack({ version: '1.0', containers }, { source: 'stack', root: '/app', variables });
    expect(
      complaintsOf(JSON.parse(JSON.stringify({ version: '1.0', containers }).replaceAll(/\{\{.*?\}\}/g, 'x'))),
    ).toEqual([]);
    expect(stack.otherContainers).toMatchObject([{ identifier: 'db' }]);
    expect(stack.functions).toMatchObject([
      {
        identifier: 'api-server',
        image: { contextDir: '/app/api', dockerfile: '/app/api/Dockerfile', buildArgs: { VERSION: '1.0' } },
        pool: { instances: 3 },
        environment: { LOG_LEVEL: 'info', TZ: 'UTC', PORT: '3000', DB_URL: 'postgres://u:pw@db' },
        network: { public: 'enable', ports: [{ external: 80, internal: 3000 }] },
        resources: { cpus: 0.5, memoryBytes: 512 * 2 ** 20 },
      },
      {
        identifier: 'worker',
        pool: { instances: 2 },
        command: { path: null, args: ['node', 'worker.js'] },
        environment: { LOG_LEVEL: 'info', PORT: '3000', QUEUE: 'jobs', AWS_REGION: 'eu' },
      },
    ]);
    expect([...interpolation.open]).toEqual([
      ['db-password', 'DB_PASSWORD'],
      ['aws-region', 'AWS_REGION'],
    ]);
    expect([...interpolation.defaults]).toEqual(['LOG_LEVEL']);
    expect(notes.map((note) => note.replace(/: .*/, ''))).toEqual([
      ...['restart', 'depends_on', 'networks'].map((field) => `services.api_server.${field}`),
      ...['restart', 'depends_on', 'networks', 'profiles'].map((field) => `services.worker.${field}`),
      'services.db.volumes',
    ]);
  });

  it('of images alone becomes functions', () => {
    const { containers } = fromText('services: { job: { image: "registry.example.com:5000/team/job:1" } }');
    expect(parseStack({ version: '1.0', containers }, { source: 'stack', root: '/' }).functions).toMatchObject([
      { image: { reference: 'registry.example.com:5000/team/job:1' } },
    ]);
  });

  it.each([
    [{ build: '../other' }, 'services.job.build: its context'],
    [{ build: 'https://example.com/repo.git' }, 'services.job.build: its context'],
    [{ build: '.', extends: { file: 'x.yaml', service: 'y' } }, 'services.job.extends: init takes'],
    [{ extends: 'job' }, 'services.job.extends: init takes'],
    [{}, 'services.job: left out, for it has no image'],
  ])('%j is not followed to elsewhere', (service, note) => {
    const { notes } = fromCompose({ services: { job: service } });
    expect(notes).toContainEqual(expect.stringContaining(note));
  });
});

it('text in the form of a variable stays that text', () => {
  const texts = { A: '{{x}}', B: `\${C:-a}{{$$y}}`, D: `{{\${E}}}`, 'F{{g}}': '{{ no }}' };
  const { containers, interpolation } = fromCompose({ services: { job: { build: '.', environment: texts } } });
  expect([interpolation.hasBraces, [...interpolation.open.keys()]]).toEqual([true, ['e']]);
  const variables = toVariables({ variables: { 'two-braces': '{{', e: 'e' }, environment: {} });
  const [job] = parseStack({ version: '1.0', containers }, { source: 'stack', root: '/app', variables }).functions;
  expect(job?.environment).toEqual({ A: '{{x}}', B: 'a{{$y}}', D: '{{e}}', 'F{{g}}': '{{ no }}' });
});

it('a function over HTTP has a grace within which its next request still waits, unless the service says one', () => {
  const ports = ['8080:8080'];
  expect(convert({ ports })).toMatchObject({ shutdown: { graceMs: 1_000 } });
  expect(convert({ ports, stop_grace_period: '20s' })).toMatchObject({ shutdown: { graceMs: 20_000 } });
  expect(convert({})).toMatchObject({ shutdown: { graceMs: 10_000 } });
});

describe('a field of a service', () => {
  it.each([
    ['80:5000', [80, 5000]],
    ['127.0.0.1:8080:80', [8080, 80]],
    ['[::1]:8080:80/tcp', [8080, 80]],
    [3000, [3000, 3000]],
    [{ target: 7000, published: '7001' }, [7001, 7000]],
    [`\${PORT}:80`, [1, 80]],
  ])('ports: %j', (port, [external, internal]) => {
    expect(convert({ ports: [port] })).toMatchObject({ network: { ports: [{ external, internal }] } });
  });

  it.each([['53:53/udp'], ['9100-9110:9100-9110'], [{ target: 1, protocol: 'udp' }]])(
    'ports: %j is left out',
    (port) => {
      const { network, notes } = convert({ ports: [port] });
      expect(network?.ports).toEqual([]);
      expect(notes).toEqual([expect.stringMatching(/^ports: .* is a range or not TCP/)]);
    },
  );

  it.each([
    [{ command: 'sh -c "echo $$HOME"' }, { path: null, args: ['sh', '-c', 'echo $HOME'] }],
    [{ command: ['a b', "it's"] }, { path: null, args: ['a b', "it's"] }],
    [
      { entrypoint: ['/init', '--'], command: 'run' },
      { path: '/init', args: ['--', 'run'] },
    ],
  ])('%j', (service, command) => {
    expect(convert(service).command).toEqual(command);
  });

  it.each([
    [
      { test: 'exit 0', start_period: '5s' },
      { command: ['/bin/sh', '-c', 'exit 0'], retries: 3, delayMs: 5_000 },
    ],
    [
      { test: ['CMD', 'a', 'b c'], interval: '1m30s' },
      { command: ['a', 'b c'], intervalMs: 90_000, timeoutMs: 30_000 },
    ],
  ])('healthcheck: %j', (healthcheck, health) => {
    expect(convert({ healthcheck }).checks).toMatchObject({ health });
  });

  it.each([
    [{ healthcheck: { disable: true } }],
    [{ stop_grace_period: 5 }],
    [{ stop_signal: 'SIGWINCH' }],
    [{ cap_add: ['ALL'] }],
    [{ env_file: '.env' }],
    [{ volumes: ['./a:/a'] }],
    [{ mem_limit: 'much' }],
    [{ working_dir: 'relative' }],
    [{ ulimits: { nofile: 'x' } }],
    [{ deploy: 3 }],
    [{ no_such_field: 1 }],
  ])('%j is left out with a reason', (service) => {
    expect(convert(service).notes).toEqual([expect.stringMatching(new RegExp(`^${Object.keys(service)[0]}: .`))]);
  });

  it('of the process is written as in the platform’s schema', () => {
    const service = {
      ...{
        sysctls: ['net.core.somaxconn=9'],
        ulimits: { nofile: { soft: 1, hard: 2 }, nproc: 3 },
        cap_add: ['SYS_TIME'],
      },
      ...{ read_only: true, shm_size: '64m', working_dir: '/srv', stop_signal: 'SIGINT', stop_grace_period: '2s' },
    };
    expect(convert(service)).toMatchObject({
      sysctls: { 'net.core.somaxconn': '9' },
      rlimits: { nofile: { soft: 1, hard: 2 }, nproc: { soft: 3, hard: 3 } },
      capabilities: ['CAP_SYS_TIME'],
      readOnlyRoot: true,
      resources: { sharedMemoryBytes: 64 * 2 ** 20 },
      workdir: '/srv',
      shutdown: { signals: ['SIGINT'], graceMs: 2_000 },
      notes: [],
    });
  });
});

it('arguments that are joined are split into themselves', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', ' ', '"', "'", '\\', '\n', '$') })), (words) => {
      expect(parseArgs(joinWords(words))).toEqual({ ok: true, value: words });
    }),
  );
});

it('a Dockerfile becomes a function that is reached at the first port it exposes', () => {
  const { containers } = fromDockerfile('My App', 'Dockerfile', 'FROM busybox\nEXPOSE 3000/tcp 9000\nexpose 53/udp\n');
  expect(parseStack({ version: '1.0', containers }, { source: 'stack', root: '/app' }).functions).toMatchObject([
    {
      identifier: 'my-app',
      image: { contextDir: '/app', dockerfile: '/app/Dockerfile' },
      network: {
        ports: [
          { external: 80, internal: 3000 },
          { external: 9000, internal: 9000 },
        ],
      },
    },
  ]);
});
