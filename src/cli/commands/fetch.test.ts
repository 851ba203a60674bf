import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { startCli } from '../../../test/support/cli-process.ts';
import { startSampleGateway } from '../../../test/support/gateway/sample-gateway.ts';

/** What the control API of an emulator with this gateway answers; null is one without. */
const control = async (url: string | null) => {
  const domain = { domain: 'web.localhost', match_path: null, function: 'web', port: 8080 };
  const bill = { name: 'bill', container_id: 'c', waiting: 0, instances: [] };
  const gateway =
    url === null ? null : { url, domains: [{ ...domain, domain: 'shop.test', match_path: '/a' }, domain] };
  const state = { clock: { now: '' }, functions: [bill], gateway, no_gateway: 'the gateway is turned off' };
  const server = createServer((_request, response) => response.end(JSON.stringify({ data: state })));
  onTestFinished(() => void server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

/** A gateway, and the command against the emulator that it belongs to. */
const start = async (serve: RequestListener) => {
  const sample = await startSampleGateway({ functionServer: createServer(serve) });
  onTestFinished(() => sample[Symbol.asyncDispose]());
  const env = { CYCLE_SCHEDULER_URL: await control(sample.gateway.url) };
  return { sample, cli: (...args: readonly string[]) => startCli(['fetch', 'web', ...args], env) };
};

const echo: RequestListener = async (request, response) => {
  const { method, url, headers } = request;
  const body = await buffer(request);
  response.setHeader('X-Length', String(headers['content-length']));
  response.end(`${method} ${headers.host?.replace(/\d+$/, 'PORT')} ${url} ${headers['x-a']} ${body}`);
};

it('fetch sends method, path, headers and body to the function, and prints its answer', async () => {
  const { sample, cli } = await start(echo);
  const answer = await cli('/path?q=1', '-X', 'put', '-H', 'X-A: b', '--data', 'words').ended;
  expect(answer).toEqual({ code: 0, stdout: 'PUT web.localhost:PORT /path?q=1 b words', stderr: '' });
  await sample.idle();
  expect(sample.linked).toEqual([expect.objectContaining({ status: 200, ending: 'no_error' })]);
});

it('fetch sends the Host header that it is given in the place of its own', async () => {
  const { cli } = await start(({ headers }, response) => response.end(headers.host));
  expect((await cli('/', '-H', 'host: web.localhost:8443').ended).stdout).toBe('web.localhost:8443');
});

it('fetch sends all of a file whose size is not known beforehand', async () => {
  const { cli } = await start(echo);
  const { code, stdout } = await cli('/', '-d', '@/proc/version').ended;
  expect([code, stdout.split(' undefined ')[1]]).toEqual([0, readFileSync('/proc/version', 'utf8')]);
});

it('fetch refuses a directory as a body, and says why', async () => {
  const { cli } = await start(echo);
  expect(await cli('/', '-d', `@${tmpdir()}`).ended).toMatchObject({
    code: 1,
    stderr: `cycle-scheduler: Failed to read the body from ${tmpdir()}: it is a directory. Name the file in it.\n`,
  });
});

it('fetch sends what a file or the standard input has', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cycle-fetch-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'body'), 'of a file');
  const { cli } = await start(echo);
  expect(await cli('/', '-d', `@${join(folder, 'body')}`).ended).toMatchObject({
    stdout: expect.stringMatching(/of a file$/),
  });
  using piped = cli('/', '-d', '@-', '-i');
  piped.child.stdin?.end('of a pipe');
  const { stdout } = await piped.ended;
  expect(stdout).toMatch(/^HTTP\/1\.1 200 OK\n(?:.+\n)*X-Length: undefined\n(?:.+\n)*\nPOST .* of a pipe$/);
});

it('fetch fails where the status says so, and prints the answer all the same', async () => {
  const { cli } = await start((_request, response) => response.writeHead(404, 'Gone Fishing').end('words'));
  expect(await cli('/none').ended).toEqual({
    code: 1,
    stdout: 'words',
    stderr: 'cycle-scheduler: Failed to fetch "/none" of web: the answer is 404 Gone Fishing.\n',
  });
});

it('fetch prints text and other bytes as JSON', async () => {
  const { cli } = await start((request, response) => response.end(Buffer.from(request.url === '/' ? 'ä' : [255, 0])));
  expect(JSON.parse((await cli('--json').ended).stdout)).toMatchObject({ status: 200, body: 'ä', headers: {} });
  expect(JSON.parse((await cli('/bytes', '--json').ended).stdout)).toMatchObject({ status: 200, body_base64: '/wA=' });
});

it('fetch that is interrupted, or whose reader goes, frees its instance', async () => {
  const { sample, cli } = await start((_request, response) => {
    response.write('first\n');
    const timer = setInterval(() => response.write('more\n'), 1);
    response.once('close', () => clearInterval(timer));
  });
  using interrupted = cli();
  await interrupted.line(/first/);
  interrupted.child.kill('SIGINT');
  expect(await interrupted.ended).toMatchObject({ code: 130, stderr: '' });
  using unread = cli();
  await unread.line(/first/);
  unread.child.stdout?.destroy();
  expect(await unread.ended).toMatchObject({ code: 141, stderr: '' });
  await sample.idle();
});

it('fetch says that an answer is not whole', async () => {
  const { cli } = await start((_request, response) => {
    response.write('half', () => response.destroy());
  });
  const { code, stdout, stderr } = await cli().ended;
  expect([code, stdout]).toEqual([1, 'half']);
  expect(stderr).toMatch(/^cycle-scheduler: Failed to fetch "\/" of web: the connection to \S+ broke: \w+\. .*\n$/);
});

it.each([
  [['web', 'path'], 1, /the path does not begin with a slash\. Write it like \/status\.\n$/],
  [['wrong'], 1, /has no such function or domain, but web, shop\.test, web\.localhost\. Name one of these\.\n$/],
  [['bill'], 1, /: bill has no public port, and only web, shop\.test, web\.localhost are reached over HTTP\. Name one/],
  [
    ['web', '-d', '@/no/such/file'],
    1,
    /^cycle-scheduler: Failed to read the body from \/no\/such\/file: there is no such file\. Check the path\.\n$/,
  ],
  [['web', '-H', 'secret words'], 2, /^cycle-scheduler: Failed to read --header: a value of it is no header\./],
  [['web', '-X', 'CONNECT'], 2, /Give a method of HTTP, such as GET or POST\./],
  [['web', '--gateway-url', 'here'], 2, /Write it like http:\/\/127\.0\.0\.1:4290\./],
  [['web', '--gateway-url', 'http://127.0.0.1:1'], 1, /broke: ECONNREFUSED\. Check --gateway-url/],
])('fetch answers %j with one clear line', async (args, code, message) => {
  const { ended } = startCli(['fetch', ...args], { CYCLE_SCHEDULER_URL: await control('http://127.0.0.1:1') });
  const answer = await ended;
  expect(answer).toMatchObject({ code, stdout: '' });
  expect(answer.stderr).toMatch(message);
  expect(answer.stderr).not.toMatch(/secret words| {4}at /);
});

it('fetch says why an emulator serves no function over HTTP', async () => {
  const { ended } = startCli(['fetch', 'web'], { CYCLE_SCHEDULER_URL: await control(null) });
  expect((await ended).stderr).toBe(
    'cycle-scheduler: Failed to fetch "/" of web: the emulator serves no function over HTTP: the gateway is turned off.\n',
  );
});
