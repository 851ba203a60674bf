import { mkdirSync, mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compareProfiles, renderComparison, renderComparisonAsMarkdown } from './compare.ts';
import { findUnsupported } from './imitate.ts';
import { loadProfile, type Profile, parseProfile, renderProfile } from './profile.ts';
import { questions } from './questions.ts';

const profile: Profile = {
  target: 'http://env-scheduler',
  date: '2025-06-01T12:00:00.000Z',
  answers: {
    'wrong-token-on-spawn': { status: 404, code: '404.instance' },
    'exhausted-pool': { status: 504, code: '504.not-available', behaviour: 'waits' },
    'order-of-instances': { behaviour: 'latest-released-first' },
  },
};

test('a profile is read as it was written', () => {
  expect(parseProfile(renderProfile(profile), 'profile.yaml')).toEqual(profile);
});

test('the profile that docs/contract.md shows can be read and imitated', async () => {
  const text = await readFile(new URL('../../docs/contract.md', import.meta.url), 'utf8');
  const [, example = ''] = /```yaml\n(format: cycle-scheduler-profile\n[\s\S]*?)```/.exec(text) ?? [];
  const shown = parseProfile(example, 'docs/contract.md');
  expect(shown.answers).toMatchObject({ 'linked-connection': { behaviour: 'per-connection' } });
  expect(findUnsupported(shown)).toEqual([]);
});

test('the results of a run are a profile, too', () => {
  const { target: url, date: startedAt, answers } = profile;
  const results = { format: 'cycle-scheduler-contract-results', version: 1, target: { url }, startedAt, answers };
  expect(parseProfile(JSON.stringify(results), 'results.json')).toEqual(profile);
});

test.each([
  ['text that is no YAML', '{', 'it is not YAML'],
  ['an empty file', '', 'empty or not a map'],
  ['another format', 'format: stack', 'its format is "stack"'],
  ['a version to come', 'format: cycle-scheduler-profile\nversion: 2', 'its version is 2, not 1'],
  ['no answers', 'format: cycle-scheduler-profile\nversion: 1', 'no answers'],
  ['an answer that is no map', 'format: cycle-scheduler-profile\nversion: 1\nanswers: {a: 1}', 'the answer to a'],
  [
    'a status that is none',
    'format: cycle-scheduler-profile\nversion: 1\nanswers: {a: {status: "x"}}',
    'the status "x"',
  ],
])('a profile is refused: %s', (_what, text, reason) => {
  expect(() => parseProfile(text, 'profile.yaml')).toThrow(reason);
});

describe('comparing', () => {
  const other: Profile = {
    ...profile,
    target: 'http://127.0.0.1:4280',
    answers: {
      'wrong-token-on-spawn': { status: 403, code: '403.mismatch' },
      'exhausted-pool': { status: 504, code: '504.not-available', behaviour: 'waits' },
      'missing-key': { status: 401, code: '401.auth-invalid' },
    },
  };

  test('finds answers that differ, and questions that only one profile answers', () => {
    const { compared, differences, unasked } = compareProfiles(profile, other);
    expect(compared).toBe(2);
    expect(differences.map(({ question }) => question)).toEqual(['wrong-token-on-spawn']);
    expect(unasked.map(({ question }) => question)).toEqual(['missing-key', 'order-of-instances']);
  });

  test('is rendered as text', () => {
    expect(renderComparison(compareProfiles(profile, other))).toContain(
      'wrong-token-on-spawn\n  one    404.instance\n  other  403.mismatch\n',
    );
    expect(renderComparison(compareProfiles(profile, profile))).toMatch(/No difference in 3 questions\.$/);
  });

  test('is rendered in Markdown', () => {
    expect(renderComparisonAsMarkdown(compareProfiles(profile, other))).toContain(
      '| `wrong-token-on-spawn` | 404.instance | 403.mismatch |',
    );
  });
});

describe('what cannot be imitated', () => {
  test('is empty where the answers are ours', () => {
    const answers = Object.fromEntries(Object.entries(questions).map(([name, { ours }]) => [name, ours]));
    expect(findUnsupported({ ...profile, answers })).toEqual([]);
  });

  test('is listed', () => {
    const answers = { 'same-token-twice': { behaviour: 'the-same-instance' }, 'no-such-question': { status: 400 } };
    expect(findUnsupported({ ...profile, answers })).toEqual([
      'The emulator cannot imitate same-token-twice: it answers another-instance, not the-same-instance.',
      'The profile answers "no-such-question", which the emulator does not know.',
    ]);
  });
});

test.each([
  [
    'a file that is too large',
    (path: string) => writeFileSync(path, Buffer.alloc(1024 * 1024 + 1)),
    'it is larger than',
  ],
  ['a folder', (path: string) => mkdirSync(path), 'it is a directory'],
])('%s is no profile, and is not read whole', async (_what, make, reason) => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'cycle-profile-'));
  const path = join(folder.path, 'profile.yaml');
  make(path);
  await expect(loadProfile(path)).rejects.toThrow(`Failed to read the profile ${path}: ${reason}`);
});
