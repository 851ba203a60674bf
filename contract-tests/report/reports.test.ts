import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { beforeAll, describe, expect, test } from 'vitest';
import { startOddServer } from '../../test/support/odd-server.ts';
import { startSimulatedTarget } from '../../test/support/simulated-target.ts';
import type { ContractResult } from '../model/result.ts';
import { runContract } from '../suites/index.ts';
import { toCurl } from './markup.ts';
import { renderDetail, renderEnd, renderProgress } from './text.ts';
import { renderReports } from './write.ts';

/** Odd enough to be spelt in several ways; a canary that must not be found in any report. */
const canary = 'canary "5ecret"/+& ünd';

let conforming: ContractResult;
/** Of a server that sends the key back wherever it can, and is wrong in every other way, too. */
let broken: ContractResult;

beforeAll(async () => {
  await using target = await startSimulatedTarget();
  conforming = await runContract(target.options);
  await using server = await startOddServer((request, response) => {
    const key = String(request.headers['x-cycle-access-key'] ?? '');
    const isActive = request.url?.endsWith('/active');
    response.writeHead(isActive ? 200 : 422, {
      'content-type': 'application/json',
      'x-echo': encodeURIComponent(key),
      'x-base64': Buffer.from(key, 'latin1').toString('base64'),
    });
    const detail = `]]> <script>alert(1)</script> & "${key}" \u0007 \ud800`;
    response.end(
      JSON.stringify(
        isActive
          ? { data: {} }
          : { error: { status: 422, code: '422.invalid-argument', title: key, detail }, data: null },
      ),
    );
  });
  broken = await runContract({
    ...target.options,
    url: server.url,
    accessKey: canary,
    requestTimeoutMs: 1_000,
    knownDifferences: [{ id: 'CLAIM-002', reason: `because of ${canary}`, date: '2025-06-01' }],
  });
});

const both = () => [conforming, broken] as const;

test('the run of the emulator conforms, that of the odd server does not', () => {
  expect(both().map(({ exitCode }) => exitCode)).toEqual([0, 1]);
});

test('results.json is as its schema says', async () => {
  const schema = await readFile(new URL('../../docs/contract-results.schema.json', import.meta.url), 'utf8');
  const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true });
  addFormats.default(ajv);
  const validate = ajv.compile(JSON.parse(schema));
  for (const result of both()) {
    validate(JSON.parse(renderReports(result)['results.json'] ?? ''));
    expect(validate.errors).toBeNull();
  }
});

test('no report, no line on the terminal holds the access key in any spelling', () => {
  const key = canary;
  const asBytes = Buffer.from(key).toString('latin1');
  const spellings = [
    key, asBytes, key.slice(0, -1), key.slice(1), JSON.stringify(key).slice(1, -1), encodeURIComponent(key),
    Buffer.from(key).toString('base64'), Buffer.from(key, 'latin1').toString('base64'), '5ecret',
  ]; // biome-ignore format: a list of spellings
  const texts = {
    ...renderReports(broken),
    terminal: [renderEnd(broken), renderDetail(broken), ...broken.cases.map(renderProgress)].join('\n'),
  };
  for (const [name, text] of Object.entries(texts)) {
    for (const spelling of spellings) expect(text.includes(spelling), `${spelling} in ${name}`).toBe(false);
  }
  // It was there to be found: the server has sent it back, and the reports show where.
  expect(renderReports(broken)['results.json']).toContain('$CYCLE_ACCESS_KEY');
});

describe('junit.xml', () => {
  test('is well-formed for all texts from a target', () => {
    for (const result of both()) expect(unclosedIn(renderReports(result)['junit.xml'] ?? '')).toEqual([]);
  });

  test('has an element for each failure, skip and case', () => {
    const xml = renderReports(broken)['junit.xml'] ?? '';
    const count = (element: string): number => xml.split(`<${element} `).length - 1;
    expect(count('testcase')).toBe(broken.cases.length);
    expect(count('failure')).toBe(broken.counts.fail);
    expect(count('skipped')).toBe(broken.counts.skip);
    expect(xml).toContain(`failures="${broken.counts.fail}"`);
  });
});

test('report.html has each case, nothing that runs but its own script, and no address elsewhere', () => {
  const html = renderReports(broken)['report.html'] ?? '';
  for (const { id } of broken.cases) expect(html).toContain(`<b>${id}</b>`);
  expect(html.match(/<script/g)).toHaveLength(1);
  expect(html).not.toMatch(/(src|href)=/);
});

test('summary.md and report.html show each broken rule once', () => {
  const failed = broken.findings.filter(({ outcome }) => outcome === 'fail');
  expect(failed.length).toBeGreaterThan(3);
  expect(new Set(failed.map(({ rule }) => rule)).size).toBe(failed.length);
  const summary = renderReports(broken)['summary.md'] ?? '';
  expect(summary).toMatch(/^## Scheduler contract: broken/);
  expect(summary.match(/^\| .* \| \d+: [A-Z]+-\d+/gm)).toHaveLength(broken.findings.length);
  expect(summary).not.toContain('<script>');
});

test('the terminal shows what was expected, what came, and the rule', () => {
  expect(renderDetail(broken)).toMatch(
    /FAIL CLAIM-001 .*\n\s+claimInstance: Claim reserves .* \(documented\)\n\s+expected 200/,
  );
  const text = renderEnd(broken);
  expect(text).toMatch(
    /^FAIL {2}Every operation requires .* and \d+ more\)\n\s+claimInstance, .*: expected 401 or 403; came 422/m,
  );
  expect(text.split('\n').at(-1)).toBe(broken.message);
});

test('a command to copy has the key for the shell to fill in, and quotes everything else', () => {
  const request = {
    method: 'POST',
    path: '/v1/functions/x/claim',
    headers: { 'X-CYCLE-ACCESS-KEY': '$CYCLE_ACCESS_KEY', Odd: "it's $HOME", Empty: '' },
    body: `{"token":"it's"}`,
  };
  expect(toCurl('http://127.0.0.1:4280/', request)).toBe(
    `curl -sS -i -X POST --path-as-is 'http://127.0.0.1:4280/v1/functions/x/claim' -H 'X-CYCLE-ACCESS-KEY: '"$CYCLE_ACCESS_KEY" -H 'Odd: it'\\''s $HOME' -H 'Empty;' --data-raw '{"token":"it'\\''s"}'`,
  );
});

/** Elements that are opened and not closed, or the reverse; and what XML forbids. */
const unclosedIn = (xml: string): readonly string[] => {
  const open: string[] = [];
  const problems = [...(xml.match(/[^\P{Cc}\t\n\r]|&(?!(amp|lt|gt|quot|#39);)/gu) ?? [])];
  for (const [, end, name = '', empty] of xml.matchAll(/<(\/?)([a-z-]+)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (end === '/' && open.pop() !== name) problems.push(name);
    if (end === '' && empty === '') open.push(name);
  }
  return [...problems, ...open];
};
