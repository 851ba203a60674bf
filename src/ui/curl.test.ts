import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { curlLine, curlOf, readBody, schedulerCurl, shellQuote } from './page/curl.ts';
import type { Logged } from './page/model.ts';

/** The arguments that curl gets of the line from a shell. */
const argumentsOf = (line: string, shell = 'sh'): string[] => {
  const env = { PATH: process.env['PATH'], CYCLE_ACCESS_KEY: 'the key', CYCLE_TOKEN: 'a "token"' };
  const script = `curl() { printf '%s\\0' "$@"; }\n${line}`;
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
  return execFileSync(shell, ['-c', script], { env, encoding: 'utf8', stdio }).split('\0').slice(0, -1);
};

const odd = [
  'it\'s "quoted"',
  '$(touch /tmp/x) `id` $HOME',
  'two\nlines\\',
  'naïve 🦆 \u202e',
  '@file',
  '!history',
  '',
];

it.each(['sh', 'bash'])('a quoted word is one word with the same text for %s', (shell) => {
  const line = `curl ${odd.map(shellQuote).join(' ')}`;
  expect(argumentsOf(line, shell)).toEqual(odd);
});

it.each(odd)('a line for curl sends the variable %j as it is, and the key from the environment', (value) => {
  const body = { token: 'one-token', runtime_variables: { environment_variables: { VALUE: value } } };
  const line = schedulerCurl('POST', 'http://127.0.0.1:4280/v1/functions/x/spawn', body);
  const words = argumentsOf(line);
  expect(JSON.parse(words.at(-1) ?? '')).toEqual(body);
  expect(words.at(-2)).toBe('--data-raw');
  expect(words).toContain('X-CYCLE-ACCESS-KEY: the key');
  expect(line).toContain('$CYCLE_ACCESS_KEY');
});

it('a line for curl takes a token that is not known from the environment', () => {
  const body = { token: null, runtime_variables: { environment_variables: { A: '"token":null', B: "'" } } };
  const line = schedulerCurl('POST', 'http://host/spawn', body);
  expect(line).toContain('"$CYCLE_TOKEN"');
  expect(argumentsOf(line.replace('CYCLE_TOKEN', 'CYCLE_ACCESS_KEY')).at(-1)).toBe(
    JSON.stringify({ ...body, token: 'the key' }),
  );
});

it.each([
  ['GET', 'http://host/a', undefined, ['-sS', 'http://host/a']],
  ['HEAD', 'http://host/a', undefined, ['-sS', '--head', 'http://host/a']],
  ['POST', 'http://host/a', "''", ['-sS', 'http://host/a', '--data-raw', '']],
  ['POST', 'http://host/a', undefined, ['-sS', '-X', 'POST', 'http://host/a']],
  ['GET', 'http://host/../{a}[1]', undefined, ['-sS', '--globoff', '--path-as-is', 'http://host/../{a}[1]']],
])('a line for curl of %s %s with the body %s says no more than it needs', (method, url, body, words) => {
  expect(argumentsOf(curlLine({ method, url, ...(body === undefined ? {} : { body }) }))).toEqual(words);
});

const logged = (more: object): Logged => ({
  id: 1,
  at: '2026-01-01T12:00:00.000Z',
  method: 'POST',
  path: '/v1/functions/65a000000000000000000101/claim',
  operation: 'claimInstance',
  container: '65a000000000000000000101',
  instance: null,
  status: 200,
  code: null,
  duration_ms: 1,
  ...more,
});
const sent = (body: unknown) => ({ type: null, text: JSON.stringify(body), complete: true });
const urls = { scheduler: 'http://api:4280', gateway: 'http://gateway:8080' };

it('a claim that is listed is sent again with a new token', () => {
  const request = logged({ request: sent({ token: '<token 0a1b2c>' }) });
  const said = curlOf(request, urls, 'new-token');
  const words = argumentsOf('value' in said ? said.value : '');
  expect(words).toContain(`http://api:4280${request.path}`);
  expect(words.at(-1)).toBe('{"token":"new-token"}');
});

it('a request over HTTP that is listed is sent again to its host, with its body', () => {
  const body = { type: 'text/x; a="b"', text: "it's", complete: true };
  const request = logged({ origin: 'linked', method: 'PUT', host: "web.localhost:80$(x)'", path: '/a', request: body });
  const said = curlOf(request, urls, '');
  expect(argumentsOf('value' in said ? said.value : '')).toEqual([
    ...['-sS', '-X', 'PUT', 'http://gateway:8080/a', '-H', "Host: web.localhost:80$(x)'"],
    ...['-H', 'Content-Type: text/x; a="b"', '--data-raw', "it's"],
  ]);
});

it.each([
  [{ type: null, complete: false, omitted: 'It was not read.' }, 'It was not read.'],
  [{ type: null, complete: true, text: '{"token":"••••' }, 'no JSON'],
  [sent({ tokn: '<masked>' }), 'Not all'],
  [sent({ token: '<token 0a1b2c>', extra: ['<masked>'] }), 'Not all'],
  [
    sent({ token: '<token 0a1b2c>', runtime_variables: { environment_variables: { token: '<token 0a1b2c>' } } }),
    'Not all',
  ],
])('a body of which something is hidden is not sent again: %j', (request, reason) => {
  expect(readBody({ request })).toEqual({ reason: expect.stringContaining(reason) });
});
