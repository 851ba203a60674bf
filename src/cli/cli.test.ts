import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { startCli } from '../../test/support/cli-process.ts';
import { docker } from '../../test/support/docker-cli.ts';
import { withoutStuckNetworks } from '../../test/support/left-in-engine.ts';

const hello = fileURLToPath(new URL('../../fixtures/hello.yaml', import.meta.url));
const http = fileURLToPath(new URL('../../fixtures/http.yaml', import.meta.url));
const containerId = '65a000000000000000000101';
const secret = 'local-secret';

const run = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  using cli = startCli(args, env);
  return await cli.ended;
};

const call = (url: string, operation: string, body: object) =>
  fetch(`${url}/v1/functions/${containerId}/${operation}`, {
    method: 'POST',
    headers: { 'X-CYCLE-ACCESS-KEY': secret, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

const urlOf = async (cli: ReturnType<typeof startCli>): Promise<string> =>
  (await cli.line(/^ready http/)).replace('ready ', '');

const ofProcess = async (pid: number | undefined): Promise<string> => {
  const filter = `label=io.cycle.emulator.pid=${pid}`;
  return `${await docker('ps', '-aq', '--filter', filter)}${await docker('network', 'ls', '-q', '--filter', filter)}`;
};

const file = (name: string, text: string): string => {
  const path = join(mkdtempSync(join(tmpdir(), 'cycle-cli-')), name);
  writeFileSync(path, text);
  return path;
};

describe('start', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'serves until %s, exits with 0 and leaves nothing',
    async (signal) => {
      using cli = startCli(['start', hello, '--port', '0']);
      const url = await urlOf(cli);
      expect((await call(url, 'claim', { token: 'a-secret-token' })).status).toBe(200);
      expect(await ofProcess(cli.child.pid)).not.toBe('');
      cli.child.kill(signal);
      const { code, stdout, stderr } = await cli.ended;
      expect(code).toBe(0);
      expect(await ofProcess(cli.child.pid)).toBe('');
      expect(stdout + stderr).not.toMatch(/local-secret|a-secret-token/);
    },
  );

  it('prints no command to try where no function could be claimed', async () => {
    const services = { scheduler: { config: { access_keys: [{ name: 'local', secret }] } } };
    const path = file('none.json', JSON.stringify({ version: '1.0', containers: {}, services }));
    using cli = startCli(['start', path, '--port', '0', '--runtime', 'simulated']);
    await urlOf(cli);
    cli.child.kill('SIGTERM');
    const { stdout } = await cli.ended;
    expect(stdout).toMatch(/^Access key /m);
    expect(stdout).not.toContain('Try ');
  });

  it('prints the functions, the URL, the name of the key and a command to try', async () => {
    using cli = startCli(['start', hello, '--port', '0', '--runtime', 'simulated']);
    const url = await urlOf(cli);
    cli.child.kill('SIGTERM');
    const { stdout } = await cli.ended;
    expect(stdout).toContain(containerId);
    expect(stdout).toContain('Access key  local');
    expect(stdout).toContain(`curl -X POST ${url}/v1/functions/${containerId}/claim`);
  });

  it('goes on when its output has no reader, and leaves nothing', async () => {
    using cli = startCli(['start', hello, '--port', '0', '--log-level', 'debug']);
    cli.child.stderr?.destroy();
    await urlOf(cli);
    cli.child.stdout?.destroy();
    cli.child.kill('SIGTERM');
    expect((await cli.ended).code).toBe(0);
    expect(await ofProcess(cli.child.pid)).toBe('');
  });

  it.each(['0', 'false', ''])('takes CYCLE_SCHEDULER_JSON=%j for off', async (value) => {
    const { stdout } = await run(['check', hello], { CYCLE_SCHEDULER_JSON: value });
    expect(stdout).toContain('is a valid stack');
  });

  it('prints JSON where a program reads, logs included', async () => {
    using cli = startCli(['start', '--json'], { CYCLE_SCHEDULER_PORT: '0', CYCLE_SCHEDULER_RUNTIME: 'simulated' });
    const ready = JSON.parse(await cli.line(/"ready"/)) as { url: string; functions: Record<string, string> };
    expect(ready.functions).toEqual({ hello: containerId });
    await call(ready.url, 'claim', { token: 'a-secret-token' });
    cli.child.kill('SIGTERM');
    const { stdout, stderr } = await cli.ended;
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).event),
    ).toEqual(['ready', 'stopped']);
    const requests = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(requests).toContainEqual(expect.objectContaining({ operation: 'claimInstance', status: 200 }));
    expect(stderr).not.toContain('a-secret-token');
  });

  it('answers a busy port with the port and how to find its holder, and leaves nothing', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => holder.once('listening', resolve));
    const { port } = holder.address() as { port: number };
    using cli = startCli(['start', hello, '--port', String(port)]);
    const { code, stderr } = await cli.ended;
    holder.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^cycle-scheduler: Failed to .*${port}.*ss -ltnp`, 'm'));
    expect(stderr).not.toContain('    at ');
    expect(await ofProcess(cli.child.pid)).toBe('');
  });

  it.each([
    ['unix:///no/such/docker.sock', /no\/such\/docker\.sock.*--docker.*ENOENT/],
    ['tcp://127.0.0.1:1', /127\.0\.0\.1:1.*ECONNREFUSED/],
  ])('answers an unreachable Docker at %s with one line', async (endpoint, message) => {
    const { code, stdout, stderr } = await run(['start', hello, '--port', '0', '--docker', endpoint]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(message);
  });

  it('answers an image that is missing with one line, and leaves nothing', async () => {
    const text = `version: "1.0"
containers:
  lost:
    name: Lost
    image: { origin: { type: docker-hub, details: { target: "no-such-image:1" } } }
    stateful: false
    config:
      network: { public: disable, hostname: lost }
      deploy: { instances: 1, strategy: function }
services: { scheduler: { config: { public: false, access_keys: [{ name: k, secret: s, ips: [] }] } } }
`;
    using cli = startCli(['start', file('lost.yaml', text), '--port', '0', '--pull', 'never']);
    const { code, stderr } = await cli.ended;
    expect(code).toBe(1);
    expect(withoutStuckNetworks(stderr)).toMatch(/^[^\n]*no-such-image:1[^\n]*\n$/);
    expect(await ofProcess(cli.child.pid)).toBe('');
  });

  it('refuses to serve other machines where the stack has no access key', async () => {
    const open = file('open.yaml', 'version: "1.0"\ncontainers: {}\n');
    const args = ['start', open, '--host', '0.0.0.0', '--port', '0', '--runtime', 'simulated'];
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^cycle-scheduler: Failed to listen on 0\.0\.0\.0: .* no access key /m);
  });

  it('is stopped while it still makes its pool, and leaves nothing', async () => {
    const text = readFileSync(hello, 'utf8')
      .replace(/instances: \d+/, 'instances: 60')
      .replace(/max_pool_size: \d+/, 'max_pool_size: 60');
    const root = fileURLToPath(new URL('../../fixtures', import.meta.url));
    using cli = startCli(['start', file('many.yaml', text), '--root', root, '--port', '0', '--log-level', 'debug']);
    await cli.line(/instance\.available/, 'stderr');
    cli.child.kill('SIGINT');
    const { code, stdout } = await cli.ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'stopped\n' });
    expect(await ofProcess(cli.child.pid)).toBe('');
  });
});

describe('check', () => {
  it('prints what a stack would run, without its secrets', async () => {
    const { code, stdout, stderr } = await run(['check', hello]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(containerId);
    expect(stdout).not.toContain(secret);
    const asJson = await run(['check', hello, '--json']);
    expect((await run(['check', http])).stdout).toMatch(/^http\.localhost +http +8080$/m);
    expect(JSON.parse(asJson.stdout)).toMatchObject({ functions: [{ containerId }] });
    expect(asJson.stdout).not.toContain(secret);
  });

  it('lists all that is wrong with a stack', async () => {
    const broken = file('broken.yaml', 'version: "1.0"\ncontainers:\n  a: 1\n  b: 2\n');
    const { code, stdout, stderr } = await run(['check', broken]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/broken\.yaml:3:\d+ containers\.a/);
    expect(stderr).toMatch(/broken\.yaml:4:\d+ containers\.b/);
  });

  it('fails on warnings where it is strict, after printing what it would run', async () => {
    const warned = file('warned.yaml', `${readFileSync(hello, 'utf8')}\ncontainerz: {}\n`);
    const root = fileURLToPath(new URL('../../fixtures', import.meta.url));
    expect((await run(['check', warned, '--root', root])).code).toBe(0);
    for (const more of [[], ['--json']]) {
      const { code, stdout, stderr } = await run(['check', warned, '--root', root, '--strict', ...more]);
      expect(code).toBe(1);
      expect(stdout).toContain(containerId);
      expect(stderr).toMatch(/warned\.yaml:\d+:1 containerz/);
      expect(stderr).toMatch(/Failed to check .*warned\.yaml strictly: it has one warning\. .+\.$/m);
    }
    expect((await run(['check', hello, '--strict'])).code).toBe(0);
  });

  it('starts the paths of a stack at the root that a flag or the environment names', async () => {
    const elsewhere = file('elsewhere.yaml', readFileSync(hello, 'utf8'));
    const root = fileURLToPath(new URL('../../fixtures', import.meta.url));
    expect((await run(['check', elsewhere])).code).toBe(1);
    expect((await run(['check', elsewhere, '--root', root])).stdout).toContain(`built from ${root}/hello/Dockerfile`);
    expect((await run(['check', elsewhere], { CYCLE_SCHEDULER_ROOT: root })).code).toBe(0);
    const { code, stderr } = await run(['check', elsewhere, '--root', '/no/such/folder']);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `cycle-scheduler: Failed to use the root "/no/such/folder": /no/such/folder does not exist. Name the folder that the stack's paths start at.\n`,
    });
  });
});

describe('the command line', () => {
  it.each([
    [['start', '--port', '99999'], /port.*99999|99999.*port/i],
    [['start', '--runtime', 'podman'], /runtime/],
    [['strat'], /unknown command/i],
    [['start', '/no/such/stack.yaml'], /no\/such\/stack\.yaml/],
  ])('answers %j with a clear line', async (args, message) => {
    const { code, stderr } = await run(args);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('    at ');
  });
});
