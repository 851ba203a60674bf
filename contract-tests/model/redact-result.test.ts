import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { anyCharacter } from '../../test/support/any-text.ts';
import { startOddServer } from '../../test/support/odd-server.ts';
import { runContract } from '../suites/index.ts';
import { createRedaction, redactResult, shownAccessKey } from './json.ts';
import type { ContractResult } from './result.ts';

const container = '65a0000000000000000000c1';

/** Sends the key back in what it answers, and refuses nothing. */
const startEcho = () =>
  startOddServer((request, response) => {
    const key = String(request.headers['x-cycle-access-key'] ?? '');
    response.writeHead(200, { 'content-type': 'application/json', 'x-echo': encodeURIComponent(key), level: 'claim' });
    response.end(JSON.stringify({ data: { token: key, [`a ${key}`]: key } }));
  });

const runWith = async (accessKey: string, more: object = {}): Promise<ContractResult> => {
  await using server = await startEcho();
  const only = ['ACCESS', 'CLAIM-001', 'ADDRESS-013'];
  const common = { containers: [container], ledgerFolder: false, callback: { mode: 'off' } } as const;
  return await runContract({ url: server.url, accessKey, ...common, only, ...more });
};

const namesOf = (value: unknown): readonly string[] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [name, ...namesOf(inner)]);
};
const textsOf = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
};

/** Without the suite's own words, which are the same for every key. */
const withoutWords = ({ verdict, startedAt, suite, defects, ...result }: ContractResult) => ({
  ...result,
  findings: result.findings.map(({ rule, expected, came }) => ({ rule, expected, came })),
  untried: result.untried.map(({ reason }) => reason),
  leftovers: result.leftovers.map(({ phase, ...leftover }) => leftover),
  cases: result.cases.map(({ requirement, message, checks, steps }) => ({
    ...{ requirement, message },
    checks: checks.map(({ rule, expected, came }) => ({ rule, expected, came })),
    steps: steps.map(({ operation, ...step }) => step),
  })),
});

describe('for any key', () => {
  const keys = fc.oneof(
    fc.string({ minLength: 1, unit: anyCharacter }),
    fc.constantFrom(
      'Code',
      'exit',
      'it',
      'x',
      'pass',
      'e',
      '$',
      'Y',
      'KEY1',
      '█',
      '$CYCLE_ACCESS_KEY',
      'a$CYCLE_ACCESS_KEYa',
    ),
  );

  test('the redaction changes no name and no number, and leaves the key in no value', () => {
    fc.assert(
      fc.property(keys, fc.jsonValue(), fc.string(), (key, value, between) => {
        const redaction = createRedaction();
        redaction.hide(key, shownAccessKey);
        const given = { [`${key}x`]: 7, exitCode: 5, value, texts: [key + key, `${key}${between}${key}`, `1${key}1`] };
        const shown = redaction.deep(given);
        expect(namesOf(shown)).toEqual(namesOf(given));
        expect(shown.exitCode).toBe(5);
        expect(textsOf(shown).filter((text) => text.includes(key))).toEqual([]);
      }),
    );
  });

  describe('a result', () => {
    let result: ContractResult;
    beforeAll(async () => {
      result = await runWith('a-key-that-nothing-spells');
    });

    test('keeps its names, verdict, exit code and outcomes, and the key stands in no other value', () => {
      expect(result.exitCode).toBe(1);
      fc.assert(
        fc.property(keys, (key) => {
          const redaction = createRedaction();
          redaction.hide(key, shownAccessKey);
          const shown = redactResult(redaction, result, key.length >= 8);
          const outcomes = ({ cases }: ContractResult) => cases.map(({ id, outcome }) => [id, outcome]);
          expect([shown.verdict, shown.exitCode, shown.counts]).toEqual(['broken', 1, result.counts]);
          expect(outcomes(shown)).toEqual(outcomes(result));
          expect(Object.keys(shown)).toEqual(expect.arrayContaining(Object.keys(result)));
          expect(textsOf(withoutWords(shown)).filter((text) => text.includes(key))).toEqual([]);
        }),
        { numRuns: 50 },
      );
    });
  });
});

test.each(['Code', 'exit', 'it', 'x', 'fail', '1'])('with the key %j a broken contract is exit code 1', async (key) => {
  const { verdict, exitCode, counts, warnings, cases } = await runWith(key);
  expect({ verdict, exitCode }).toEqual({ verdict: 'broken', exitCode: 1 });
  expect(counts.fail).toBeGreaterThan(0);
  expect(warnings).toEqual([expect.stringContaining('fewer than 8')]);
  for (const { request, response } of cases.flatMap(({ steps }) => steps)) {
    expect([request.headers, request.body, response?.headers, response?.body]).toEqual([{}, null, {}, '']);
  }
});

test.each(['Code', 'exit'])('with the key %j an unreachable target is exit code 3', async (accessKey) => {
  const result = await runContract({
    url: 'http://127.0.0.1:1',
    accessKey,
    containers: [container],
    ledgerFolder: false,
  });
  expect(result.exitCode).toBe(3);
});

test('with a key of eight characters a result leaves nothing out', async () => {
  const { warnings, cases } = await runWith('8-chars!');
  expect(warnings).toEqual([]);
  expect(cases.flatMap(({ steps }) => steps)[0]?.request.headers).not.toEqual({});
});
