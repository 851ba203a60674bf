import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { useBrowser } from './browser.ts';

const browser = useBrowser();

/** Serves one page whose policy allows no script but its own, and nothing from elsewhere. */
const serve = async (body: string) => {
  const policy = "default-src 'none'; script-src 'unsafe-inline'; img-src data:; connect-src *";
  const headers = { 'Content-Type': 'text/html', 'Content-Security-Policy': policy };
  const html = `<!doctype html><html lang="en"><title>sample</title><link rel="icon" href="data:,"><main>${body}</main>`;
  const server = createServer((_request, response) => response.writeHead(200, headers).end(html));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

test.each([
  ['writes an error to the console', '<script>console.error("the reason")</script>', 'the reason'],
  ['throws an error', '<script>throw new Error("the reason")</script>', 'the reason'],
  ['breaks its policy', '<img alt="" src="/image">', 'img-src'],
  ['asks another origin', '<script>fetch("http://other.invalid/x").catch(() => {})</script>', 'other.invalid/x'],
])('a page that %s fails its test', async (_what, body, reason) => {
  await using server = await serve(body);
  const visit = await browser.visit(server.url);
  await visit.page.waitForLoadState('networkidle');
  await expect(visit[Symbol.asyncDispose]()).rejects.toThrow(reason);
});

test('axe finds what is wrong with a page under its policy, and nothing where all is well', async () => {
  await using wrong = await serve('<h1>A title</h1><button></button>');
  await using well = await serve('<h1>A title</h1><button>A name</button>');
  await using first = await browser.visit(wrong.url);
  await using second = await browser.visit(well.url);
  expect(await first.violations()).toEqual([expect.stringContaining('button-name')]);
  expect(await second.violations()).toEqual([]);
});

test('a browser has no network but its loopback, whose addresses stay', async () => {
  await using server = await serve('<h1>A title</h1>');
  await using visit = await browser.visit(server.url);
  expect(await visit.page.evaluate('navigator.onLine')).toBe(process.platform !== 'linux');
});
