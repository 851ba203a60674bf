import { exec } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import { nextEvent } from '../support/caller.ts';
import { startCli } from '../support/cli-process.ts';
import { exchange } from '../support/gateway/sample-gateway.ts';
import { type SampleFunction, sampleStack } from '../support/sample-stack.ts';

/** How many containers the tests of many requests take: 100 and 44 show more and take minutes. */
const isLarge = process.env['CYCLE_GATEWAY_LOAD'] === 'large';
const atOnce = isLarge ? 100 : 10;
const inLine = isLarge ? 44 : 8;

/** Answers the one request that an instance gets, in a shell behind `nc`. */
const serve = `
read -r method path rest
length=0
while IFS= read -r line; do
  line=$(printf %s "$line" | tr -d '\\r')
  case $line in
    '') break ;;
    [Cc]ontent-[Ll]ength:*) length=$(printf %s "\${line#*:}" | tr -d ' ') ;;
  esac
done
say() { printf 'HTTP/1.1 200 OK\\r\\nContent-Length: %s\\r\\n\\r\\n' "$1"; }
case $path in
  /echo) say "$length"; head -c "$length" ;;
  /events) printf 'HTTP/1.1 200 OK\\r\\nContent-Type: text/event-stream\\r\\n\\r\\ndata: one\\n\\n'; read -r line; printf 'data: two\\n\\n' ;;
  /socket) printf 'HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n\\r\\n'; cat ;;
  /half) say 100; printf half ;;
  /fail) echo secret-words >&2; exit 9 ;;
  /slow) sleep 100 ;;
  *) say 24; printf %s "$CYCLE_INSTANCE_ID" ;;
esac
`;

const listen = `exec nc -l -p 8080 -e /bin/sh -c 'eval \\"$SERVE\\"'`;

const web = (more: SampleFunction = {}): SampleFunction => ({
  script: listen,
  environment: { SERVE: serve },
  network: { public: 'enable', ports: ['80:8080'] },
  // A shell that is process 1 ends on no signal that it does not expect.
  shutdown: { graceful_timeout: '0s' },
  ...more,
});

describe('functions over HTTP', { timeout: 600_000 }, () => {
  let emulator: Emulator;

  beforeAll(async () => {
    const limits = { max_queue_time: '300s' };
    emulator = await startEmulator({
      pull: 'never',
      stack: sampleStack({
        web: web({ instances: 2, limits: { ...limits, max_pool_size: atOnce } }),
        few: web({ instances: 4, limits }),
        late: web({ script: `sleep 1; ${listen}` }),
        never: web({ script: 'sleep 1000', limits: { max_runtime: '2s' } }),
        deaf: web({ script: 'sleep 1000' }),
        dead: web({ script: 'echo secret-words >&2; exit 7' }),
      }),
    });
  });
  afterAll(() => emulator.stop());

  /** Once every instance waits to be claimed again. */
  const idle = async (name: string): Promise<void> => {
    const { counts } = emulator.function(name);
    if (counts.available === counts.size && counts.waiting === 0) return;
    await nextEvent(emulator, 'instance.available');
    await idle(name);
  };

  it(`are ${atOnce} different instances for ${atOnce} requests at once`, async () => {
    const texts = await Promise.all(Array.from({ length: atOnce }, async () => (await emulator.fetch('web')).text()));
    expect(new Set(texts).size).toBe(atOnce);
    for (const text of texts) expect(text).toMatch(/^[0-9a-f]{24}$/);
  });

  it(`serve ${inLine} requests by four instances, one after the other`, async () => {
    const statuses = await Promise.all(
      Array.from({ length: inLine }, async () => {
        const response = await emulator.fetch('few');
        await response.text();
        return response.status;
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  it('carry ten megabytes both ways, byte for byte', async () => {
    const body = randomBytes(10 * 1024 * 1024);
    const response = await emulator.fetch('web', '/echo', { method: 'POST', body });
    expect(digest(new Uint8Array(await response.arrayBuffer()))).toBe(digest(body));
  });

  it('send events as they happen', async () => {
    const request = `${head('/events', 'POST')}Content-Length: 5\r\nConnection: close\r\n\r\n`;
    // The second event waits for the body, and the body for the first event.
    const text = await exchange(port(), request, { until: /data: one\n\n/, behind: 'next\n', last: /data: two\n\n/ });
    expect(text).toMatch(/data: one\n\n.*data: two\n\n/s);
  });

  const head = (path: string, method = 'GET') => `${method} ${path} HTTP/1.1\r\nHost: web.localhost\r\n`;
  const port = () => Number(new URL(emulator.gatewayUrl ?? '').port);

  it('echo over a WebSocket’s connection', async () => {
    const upgrade = `${head('/socket')}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
    const text = await exchange(port(), upgrade, { until: /\r\n\r\n/, behind: 'echoed', last: /echoed/ });
    expect(text).toMatch(/^HTTP\/1\.1 101 /);
    expect(text).toMatch(/echoed$/);
  });

  it('are waited for until they listen', async () => {
    const response = await emulator.fetch('late');
    expect(await response.text()).toMatch(/^[0-9a-f]{24}$/);
  });

  it.each([
    ['never', 504, /max_runtime/],
    ['dead', 502, /ended with exit code 7 before it listened on port 8080/],
  ])('that are %s are answered for with %i', async (name, status, why) => {
    const response = await emulator.fetch(name);
    const text = await response.text();
    expect([response.status, text]).toEqual([status, expect.stringMatching(why)]);
    expect(text).not.toContain('secret-words');
  });

  it('that never listen are given up by the clock of the emulator', async () => {
    emulator.clock.freeze();
    try {
      const running = nextEvent(emulator, 'instance.running');
      const answer = emulator.fetch('deaf');
      await running;
      await emulator.clock.advance(30_000);
      const response = await answer;
      expect([response.status, await response.text()]).toEqual([
        504,
        expect.stringMatching(/did not listen on port 8080 within 30 s/),
      ]);
    } finally {
      emulator.clock.resume();
    }
  });

  it('that end before they answer are reported with 502, with their exit code if Docker reports it soon', async () => {
    const response = await emulator.fetch('web', '/fail');
    expect([response.status, await response.text()]).toEqual([
      502,
      expect.stringMatching(/exit code 9 before it answered|closed the connection before its answer/),
    ]);
  });

  it('that answer half of what they promised break the connection', async () => {
    const text = await exchange(port(), `${head('/half')}\r\n`);
    expect(text).toMatch(/half$/);
  });

  it('are free again when the caller hangs up, at any step', async () => {
    for (const step of ['instance.claimed', 'instance.running'] as const) {
      const reached = nextEvent(emulator, step);
      const ended = nextEvent(emulator, step === 'instance.claimed' ? 'linked.request' : 'instance.ended');
      const caller = connect(port(), '127.0.0.1').on('error', () => {});
      caller.write(`${head('/slow')}\r\n`);
      await reached;
      caller.destroy();
      await ended;
      await idle('web');
    }
  });

  it('leave nothing behind', async () => {
    for (const name of ['web', 'few', 'late', 'never', 'deaf', 'dead']) await idle(name);
    expect(emulator.readiness().functions.map(({ active, claimed }) => active + claimed)).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

describe('functions over HTTP that are reached by published ports', { timeout: 300_000 }, () => {
  let emulator: Emulator;

  beforeAll(async () => {
    emulator = await startEmulator({
      pull: 'never',
      gatewayRoute: 'published',
      stack: sampleStack({
        web: web({ instances: 3 }),
        hot: web({ instances: 2, hot: 2 }),
        late: web({ script: `sleep 1; ${listen}` }),
        never: web({ script: 'sleep 1000', limits: { max_runtime: '3s' } }),
        dead: web({ script: 'exit 7' }),
      }),
    });
  });
  afterAll(() => emulator.stop());

  it.each(['web', 'hot'])('answer, though they accept one connection alone: %s', async (name) => {
    const count = emulator.function(name).counts.size;
    const texts = await Promise.all(Array.from({ length: count }, async () => (await emulator.fetch(name)).text()));
    expect(new Set(texts).size).toBe(count);
    for (const text of texts) expect(text).toMatch(/^[0-9a-f]{24}$/);
  });

  it('are waited for until they listen', async () => {
    expect(await (await emulator.fetch('late')).text()).toMatch(/^[0-9a-f]{24}$/);
  });

  it.each([
    ['never', 504, /max_runtime/],
    ['dead', 502, /ended with exit code 7 before it listened on port 8080/],
  ])('that are %s are answered for with %i', async (name, status, why) => {
    const response = await emulator.fetch(name);
    expect([response.status, await response.text()]).toEqual([status, expect.stringMatching(why)]);
  });
});

describe('functions over HTTP whose connections have an instance each', { timeout: 120_000 }, () => {
  it('answer all requests of a connection by one, and are free when it ends', async () => {
    const stack = sampleStack({
      web: { ...web({ instances: 2 }), script: 'exec httpd -f -p 8080 -h /etc', environment: {} },
    });
    await using emulator = await startEmulator({ stack, pull: 'never', instancePer: 'connection' });
    const port = Number(new URL(emulator.gatewayUrl ?? '').port);
    const head = 'GET /hostname HTTP/1.1\r\nHost: web.localhost\r\n';
    const ended = nextEvent(emulator, 'instance.ended');
    const text = await exchange(port, `${head}\r\n${head}\r\n${head}Connection: close\r\n\r\n`);
    expect(text.match(/^web-[12]$/gm)).toHaveLength(3);
    expect(new Set(text.match(/^web-[12]$/gm)).size).toBe(1);
    await ended;
  });
});

describe('start', { timeout: 120_000 }, () => {
  it('prints the domains of a stack and a line that works', async () => {
    using cli = startCli([
      'start',
      'fixtures/http.yaml',
      '--port',
      '0',
      '--gateway-port',
      '0',
      '--log-level',
      'silent',
    ]);
    expect(await cli.line(/^http\.localhost/)).toMatch(/^http\.localhost +http +8080$/);
    const command = (await cli.line(/curl http:\/\/http\.localhost/)).replace(/^Try +/, '');
    const url = (await cli.line(/^ready /)).replace('ready ', '');
    const { stdout } = await promisify(exec)(`${command} -s`);
    expect(stdout).toMatch(/^Hello from instance [0-9a-f]{24} on http-\d\.\nYou asked: GET \/ /);
    using fetched = startCli(['fetch', 'http', '--url', url, '--access-key', 'local-secret', '-d', 'words']);
    expect(await fetched.ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/\nYou sent:\nwords\n/) });
    const ask = async (path: string) => {
      const headers = { 'X-CYCLE-ACCESS-KEY': 'local-secret' };
      return JSON.parse(await (await fetch(`${url}/_emulator/${path}`, { headers })).text()).data;
    };
    const about = { path: '/', status: 200, ending: 'no_error' };
    expect(await ask('requests')).toEqual(
      expect.arrayContaining([expect.objectContaining({ ...about, origin: 'linked', method: 'POST' })]),
    );
    expect(await ask('recording')).toMatchObject({
      linked: [about, { ...about, request: { text: 'words', complete: true } }],
    });
    cli.child.kill('SIGTERM');
    expect((await cli.ended).code).toBe(0);
  });

  it('names the domains that there are where fetch asks for another', async () => {
    const stack = sampleStack({ web: web() });
    await using emulator = await startEmulator({ stack, pull: 'never' });
    await expect(emulator.fetch('wrong')).rejects.toThrow(/no such function or domain, but web, web\.localhost\./);
    await expect(emulator.fetch('web', 'path')).rejects.toThrow(/does not begin with a slash/);
    expect(await (await emulator.fetch('web.localhost')).text()).toMatch(/^[0-9a-f]{24}$/);
  });
});

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
