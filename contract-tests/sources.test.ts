import { beforeAll, expect, test } from 'vitest';
import { startSimulatedTarget } from '../test/support/simulated-target.ts';
import type { ContractResult } from './model/result.ts';
import { sources } from './model/sources.ts';
import { allCases } from './suites/all.ts';
import { runContract } from './suites/index.ts';

let result: ContractResult;

beforeAll(async () => {
  await using target = await startSimulatedTarget();
  result = await runContract(target.options);
}, 120_000);

test('each documented case names the place in the public texts that it rests on', () => {
  const documented = allCases.filter(({ evidence }) => evidence === 'documented');
  expect(documented.filter(({ source }) => source === undefined).map(({ id }) => id)).toEqual([]);
});

test('each documented check names such a place, and no other check does', () => {
  const places: readonly (string | undefined)[] = Object.values(sources);
  const checks = result.cases.flatMap(({ id, checks: own }) => own.map((check) => ({ id, ...check })));
  const wrong = checks.filter(({ evidence, source }) => places.includes(source) !== (evidence === 'documented'));
  expect(wrong.map(({ id, rule, source }) => `${id}: ${rule} ${source}`)).toEqual([]);
});

test('no case passes without a check', () => {
  const passes = result.cases.filter(({ outcome }) => outcome === 'pass');
  expect(passes.length).toBeGreaterThan(50);
  expect(passes.filter(({ checks }) => checks.length === 0).map(({ id }) => id)).toEqual([]);
});

test('a check that was met does not report its opposite', () => {
  const met = result.cases.flatMap(({ checks }) => checks.filter(({ met }) => met));
  const denials = met.filter(({ came }) => /^(none|nothing|no answer|never|it is no longer|no success)/.test(came));
  expect(
    denials.filter(({ expected }) => !expected.startsWith('no')).map(({ rule, came }) => `${rule} ${came}`),
  ).toEqual([]);
});
