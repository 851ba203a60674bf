import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { contractDocsPath, withContractTables } from '../scripts/generate-contract-docs.ts';
import { isQuestion, questions } from '../src/profile/questions.ts';
import { allCases } from './suites/all.ts';

test('docs/contract.md shows the current cases, questions and settings; npm run generate updates it', () => {
  const document = readFileSync(contractDocsPath, 'utf8');
  expect(document).toBe(withContractTables(document));
});

test('each case has an ID of its own', () => {
  const ids = allCases.map(({ id }) => id);
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  expect(ids.filter((id) => !/^[A-Z]+-\d{3}$/.test(id))).toEqual([]);
});

test('each question is asked by a case', () => {
  const asked = new Set(allCases.flatMap(({ questions: names = [] }) => names));
  expect(Object.keys(questions).filter((name) => isQuestion(name) && !asked.has(name))).toEqual([]);
});

test('each requirement is one sentence', () => {
  expect(allCases.map(({ requirement }) => requirement).filter((text) => !/^[A-Za-z].*\.$/.test(text))).toEqual([]);
});
