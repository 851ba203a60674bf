import { describe, expect, it } from 'vitest';
import { parseRawAnswer, sendRaw } from '../../test/support/http/raw-request.ts';
import { createRecordingLogger } from '../../test/support/http/recording-logger.ts';
import { accessKey, sampleStack } from '../../test/support/sample-stack.ts';
import { type Emulator, type EmulatorOptions, startEmulator } from '../emulator/start-emulator.ts';
import { codeLifeMs, LinkCodes, mostCodes } from './serve-page.ts';

const start = (options: Partial<EmulatorOptions> = {}): Promise<Emulator> =>
  startEmulator({ stack: sampleStack({ hello: {} }), runtime: 'simulated', ...options });

const pageUrl = ({ uiUrl }: Emulator): string => uiUrl ?? '';

const exchange = async (emulator: Emulator, body: unknown, url = `${pageUrl(emulator)}/exchange`) => {
  const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(url, init);
  return { status: response.status, ...((await response.json()) as object) };
};

const codeOf = (emulator: Emulator): string => new URL(emulator.uiLink() ?? '').hash.replace('#code=', '');

/** A GET with a Host header of one's own, which fetch would not send. */
const getAs = async ({ port }: Emulator, host: string, path = '/_emulator/ui') =>
  parseRawAnswer(await sendRaw(port, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`));

/** The page's address and all that it loads, as a browser finds them: by what it has read before. */
const loadAll = async (emulator: Emulator) => {
  const texts = new Map<string, string>();
  let bytes = 0;
  const load = async (url: string): Promise<void> => {
    if (texts.has(url)) return;
    texts.set(url, '');
    const response = await fetch(url);
    expect(response.status, url).toBe(200);
    bytes += Number(response.headers.get('content-length'));
    const text = await response.text();
    texts.set(url, text);
    const named = [...text.matchAll(/(?:\bsrc|\bhref|\bfrom ?|\bimport ?)[=(]?["']([./][^"']*)["']/g)];
    await Promise.all(named.map(([, name = '']) => load(new URL(name, url).href)));
  };
  await load(pageUrl(emulator));
  return { texts, bytes };
};

describe('the page', () => {
  it('is served whole without a key, in less than 100 KB, and holds no types', async () => {
    await using emulator = await start();
    const { texts, bytes } = await loadAll(emulator);
    const names = [...texts.keys()].map((url) => url.replace(pageUrl(emulator), ''));
    expect(names).toEqual(expect.arrayContaining(['', '/app.js', '/style.css', '/views/functions.js']));
    expect(names).toContain('/lit-html/lit-html.js');
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThan(100_000);
    expect(texts.get(`${pageUrl(emulator)}/app.js`)).not.toContain('import type');
  });

  it('is served as it is to clients that ask for no encoding', async () => {
    await using emulator = await start();
    const answer = await getAs(emulator, 'localhost', '/_emulator/ui/style.css');
    expect(answer.headers).not.toMatch(/content-encoding/i);
    expect(answer.body).toContain('color-scheme');
  });

  it('answers HEAD as GET, without a body', async () => {
    await using emulator = await start();
    const response = await fetch(pageUrl(emulator), { method: 'HEAD' });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await response.text()).toBe('');
  });

  it('may load and ask for nothing but what its emulator serves', async () => {
    await using emulator = await start();
    for (const path of ['', '/', '/app.js', '/style.css', '/no-such.js']) {
      const { headers } = await fetch(`${pageUrl(emulator)}${path}`);
      const policy = headers.get('content-security-policy')?.split('; ');
      expect(policy).toContain("default-src 'none'");
      expect(policy?.filter((directive) => !/^[a-z-]+ '(?:none|self)'$/.test(directive))).toEqual(
        // The page's own script, by its digest.
        ['', '/'].includes(path) ? [expect.stringMatching(/^script-src 'self' 'sha256-[\w+/]{43}='$/)] : [],
      );
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('access-control-allow-origin')).toBeNull();
      expect(headers.get('set-cookie')).toBeNull();
    }
  });

  it.each(['..%2f..%2fpackage.json', 'app.ts', 'tsconfig.json', '%', 'lit-html/..%2fpackage.json', 'views', 'App.js'])(
    'has no file %s',
    async (name) => {
      await using emulator = await start();
      const answer = await getAs(emulator, 'localhost', `/_emulator/ui/${name}`);
      expect({ ...JSON.parse(answer.body).error, status: answer.status }).toMatchObject({
        status: 404,
        code: '404.uri',
      });
    },
  );

  it.each([
    '127.0.0.1:4280',
    'localhost',
    'LOCALHOST:80',
    'shop.localhost:1',
    '[::1]:4280',
    '192.0.2.7',
    'emulator.test:1',
  ])('is served under %s', async (host) => {
    await using emulator = await start({ uiHosts: ['Emulator.test'] });
    expect((await getAs(emulator, host)).status).toBe(200);
  });

  it.each(['evil.example', 'localhost.evil.example:4280', '127.0.0.1.evil.example', 'emulator.test', 'x"y', ''])(
    'is refused under the foreign name %j, and so is the exchange of a code',
    async (host) => {
      await using emulator = await start();
      const { status, body, headers } = await getAs(emulator, host);
      expect({ status, ...JSON.parse(body) }).toMatchObject({
        status: 403,
        error: { code: '403.not-allowed' },
        data: null,
      });
      expect(body).toContain('--ui-host');
      expect(headers).toMatch(/content-security-policy/i);
      const json = JSON.stringify({ code: codeOf(emulator) });
      const head = `Host: ${host}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${json.length}`;
      const raw = await sendRaw(emulator.port, `POST /_emulator/ui/exchange HTTP/1.1\r\n${head}\r\n\r\n${json}`);
      expect(parseRawAnswer(raw).status).toBe(403);
      expect(raw).not.toContain(accessKey);
    },
  );

  it('is where a browser that asks for the root is led, and no other client', async () => {
    await using emulator = await start();
    const ask = async (accept: string) => {
      const response = await fetch(`${emulator.url}/`, { headers: { Accept: accept }, redirect: 'manual' });
      return [response.status, response.headers.get('location')];
    };
    expect(await ask('text/html,application/xhtml+xml,*/*;q=0.8')).toEqual([302, '/_emulator/ui']);
    expect(await ask('*/*')).toEqual([401, null]);
    expect(await ask('application/json')).toEqual([401, null]);
    // The page's own way to it is no request that its user would look for.
    const headers = { 'X-CYCLE-ACCESS-KEY': accessKey };
    const logged = await (await fetch(`${emulator.url}/_emulator/requests`, { headers })).json();
    expect((logged as { data: object[] }).data).toMatchObject([{ status: 401 }, { status: 401 }]);
  });

  it('is on the port of the control API alone', async () => {
    await using emulator = await start({ controlPort: 0 });
    expect(pageUrl(emulator)).toBe(`${emulator.controlUrl}/_emulator/ui`);
    expect((await fetch(pageUrl(emulator))).status).toBe(200);
    const html = { headers: { Accept: 'text/html' } };
    expect((await fetch(`${emulator.url}/_emulator/ui`, html)).status).toBe(401);
    expect((await fetch(emulator.url, html)).status).toBe(401);
  });

  it.each([{ ui: false }, { control: false }])('is not there with %o', async (options) => {
    await using emulator = await start(options);
    expect([emulator.uiUrl, emulator.uiLink()]).toEqual([null, null]);
    const headers = { 'X-CYCLE-ACCESS-KEY': accessKey, Accept: 'text/html' };
    expect((await fetch(`${emulator.url}/_emulator/ui`, { headers })).status).toBe(404);
    expect((await fetch(emulator.url, { headers, redirect: 'manual' })).status).toBe(404);
  });

  it('refuses names of hosts that are none', async () => {
    await expect(start({ uiHosts: ['http://emulator.test'] })).rejects.toThrow(/"uiHosts".*host name/);
  });
});

describe('the code of a link', () => {
  it('is exchanged once for the access key, which no URL and no log line holds', async () => {
    const { logger, text } = createRecordingLogger();
    await using emulator = await start({ logger });
    const link = emulator.uiLink() ?? '';
    expect(link).not.toContain(accessKey);
    const code = codeOf(emulator);
    expect(await exchange(emulator, { code })).toEqual({ status: 200, data: { access_key: accessKey } });
    expect(await exchange(emulator, { code })).toMatchObject({
      status: 401,
      error: { code: '401.auth-invalid' },
      data: null,
    });
    await fetch(`${pageUrl(emulator)}/app.js`);
    expect(text()).toContain('exchangeCode');
    expect(text()).not.toContain(accessKey);
    expect(text()).not.toContain(code);
  });

  it.each([
    ['missing', {}, 422, '422.missing-argument'],
    ['a number', { code: 7 }, 422, '422.invalid-argument'],
    ['too long', { code: 'x'.repeat(101) }, 422, '422.invalid-argument'],
    ['longer than a body may be', { code: 'x'.repeat(2_000) }, 422, '422.max-exceeded'],
    ['guessed', { code: 'guessed' }, 401, '401.auth-invalid'],
  ])('is refused where it is %s', async (_what, body, status, code) => {
    await using emulator = await start();
    const answer = await exchange(emulator, body);
    expect(answer).toMatchObject({ status, error: { code }, data: null });
    expect(JSON.stringify(answer)).not.toContain('guessed');
  });
});

describe('requests of the page', () => {
  it('leave no line in the log where they succeed', async () => {
    const { logger, lines } = createRecordingLogger();
    await using emulator = await start({ logger });
    const headers = { 'X-CYCLE-ACCESS-KEY': accessKey, 'X-Cycle-Page': '1' };
    const before = lines.length;
    await (await fetch(`${pageUrl(emulator)}/app.js`)).text();
    await (await fetch(`${emulator.url}/_emulator/state`, { headers })).text();
    expect(await (await fetch(`${emulator.url}/_emulator/nothing`, { headers })).text()).toContain('404.uri');
    expect(lines.slice(before)).toMatchObject([{ status: 404 }]);
  });
});

describe('codes of links', () => {
  it('are of use once', () => {
    const codes = new LinkCodes();
    const code = codes.issue();
    expect([codes.take(code), codes.take(code)]).toEqual([true, false]);
  });

  it('are of use for ten minutes', () => {
    let now = 0;
    const codes = new LinkCodes(() => now);
    const [inTime, tooLate] = [codes.issue(), codes.issue()];
    now = codeLifeMs - 1;
    expect(codes.take(inTime)).toBe(true);
    now = codeLifeMs;
    expect(codes.take(tooLate)).toBe(false);
  });

  it('are bounded in their number, and the oldest go', () => {
    const codes = new LinkCodes();
    const issued = Array.from({ length: mostCodes + 1 }, () => codes.issue());
    expect(issued.map((code) => codes.take(code))).toEqual([false, ...Array(mostCodes).fill(true)]);
  });

  it('differ, and no other text is one', () => {
    const codes = new LinkCodes();
    expect(codes.issue()).not.toBe(codes.issue());
    expect(['', 'a'.repeat(32)].map((text) => codes.take(text))).toEqual([false, false]);
  });
});
