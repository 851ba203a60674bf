import { expect, it } from 'vitest';
import type { Logged } from './page/model.ts';
import { matches } from './page/request-filters.ts';

const request = (more: object): Logged => ({
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

const all = {
  claimed: request({ instance: 'c3f2a9e1b7d4c3f2a9e1b7d4' }),
  refused: request({ status: 403, code: '403.mismatch' }),
  unknown: request({ status: 404, code: '404.uri', operation: null, container: null, path: '/v1/nothing' }),
  early: request({ status: 401, code: '401.auth-invalid', operation: null, container: null }),
  left: request({ status: null }),
  linked: request({ origin: 'linked', operation: null, host: 'web.localhost', path: '/a', fault: 'cut', status: 502 }),
};

const namesById = new Map([
  ['65a000000000000000000101', 'hello'],
  ['c3f2a9e1b7d4c3f2a9e1b7d4', 'hello-1'],
]);

it.each([
  ['', ['claimed', 'refused', 'unknown', 'early', 'left', 'linked']],
  ['status=4xx', ['refused', 'unknown', 'early']],
  ['status=403', ['refused']],
  ['status=none', ['left']],
  ['code=404.uri', ['unknown']],
  ['function=hello', ['claimed', 'refused', 'early', 'left', 'linked']],
  ['function=hello&status=2xx', ['claimed']],
  ['text=NOTHING', ['unknown']],
  ['text=claim', ['claimed', 'refused', 'early', 'left']],
  ['function=hello&code=401.auth-invalid', ['early']],
  ['text=c3f2a9', ['claimed']],
  ['text=hello-1', ['claimed']],
  ['text=web.localhost/a', ['linked']],
  ['text=cut', ['linked']],
  ['text=claim&status=4xx', ['refused', 'early']],
])('the filters "%s" show %j', (hash, names) => {
  const query = new URLSearchParams(hash);
  const shown = Object.entries(all).filter(([, one]) => matches(one, query, namesById));
  expect(shown.map(([name]) => name)).toEqual(names);
});
