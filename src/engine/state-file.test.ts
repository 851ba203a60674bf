import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, test } from 'vitest';
import type { InstanceRecord } from '../scheduler/records.ts';
import { systemClock } from '../shared/clock.ts';
import { errorCodes } from '../shared/errors.ts';
import { type ContainerId, deriveObjectId, type InstanceId } from '../shared/ids.ts';
import { StateFile } from './state-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'cycle-state-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
const newPath = (): string => {
  files += 1;
  return join(folder, `${files}.db`);
};

const recordAt = (seed: number, state: InstanceRecord['state']): InstanceRecord => ({
  instanceId: deriveObjectId<InstanceId>('instance', String(seed)),
  containerId: deriveObjectId<ContainerId>('container'),
  seed,
  createdAt: 1_000,
  state,
});
const claimed = (seed: number) => recordAt(seed, { name: 'claimed', token: `token-${seed}`, claimedAt: 2_000 });
const put = (record: InstanceRecord) => ({ instanceId: record.instanceId, record });

/** What the file at a path has when it is opened next. */
const reopened = (path: string) => {
  using file = new StateFile(path);
  return file;
};

test('a state file has what was written to it when it is opened again', () => {
  const path = newPath();
  const times = { claimedAt: 1, spawnedAt: null, releasedAt: 2 };
  const ended = recordAt(1, { name: 'free', ended: { how: 'released', token: 'token', times } });
  {
    using file = new StateFile(path);
    expect(file.records).toEqual([]);
    file.write([put(ended), put(claimed(0)), put(claimed(2))], 3_000);
    const running = recordAt(0, { name: 'running', token: 'token-0', claimedAt: 2_000, spawnedAt: 2_500 });
    file.write([put(running), { instanceId: claimed(2).instanceId, record: null }], 3_000);
  }
  expect(reopened(path).records).toEqual([
    recordAt(0, { name: 'running', token: 'token-0', claimedAt: 2_000, spawnedAt: 2_500 }),
    ended,
  ]);
});

test('a state file is the same session for every process that uses it, and counts them', () => {
  const path = newPath();
  const [first, second] = [reopened(path), reopened(path)];
  expect(first.session).toMatch(/^[0-9a-f]{12}$/);
  expect([first.epoch, second.epoch]).toEqual([1, 2]);
  expect(second.session).toBe(first.session);
  expect(reopened(newPath()).session).not.toBe(first.session);
});

test('a state file knows how far the clock was ahead', () => {
  const path = newPath();
  {
    using file = new StateFile(path);
    expect(file.aheadMs).toBe(0);
    file.write([], systemClock.now() + 60_000);
  }
  const { aheadMs } = reopened(path);
  expect(aheadMs).toBeGreaterThan(59_000);
  expect(aheadMs).toBeLessThanOrEqual(60_000);
});

test('a state file lets the clock go on from where it was when the real one was set back', () => {
  const path = newPath();
  const shown = systemClock.now() + 3_600_000;
  new StateFile(path)[Symbol.dispose]();
  const database = new DatabaseSync(path);
  // Before, the two agreed, an hour from now.
  database.prepare('UPDATE session SET clock_at = ?, real_at = ?').run(shown, shown);
  database.close();
  const { aheadMs } = reopened(path);
  expect(systemClock.now() + aheadMs).toBeGreaterThanOrEqual(shown);
});

test('a state file has its path in full, is its owner’s alone, and stays so', () => {
  const path = newPath();
  writeFileSync(path, '');
  chmodSync(path, 0o644);
  using file = new StateFile(relative(process.cwd(), path));
  expect(file.path).toBe(path);
  file.write([put(claimed(0))], 3_000);
  for (const name of [path, `${path}-wal`]) expect(statSync(name).mode & 0o777).toBe(0o600);
});

test('a state file keeps all of a write or nothing', () => {
  const path = newPath();
  {
    using file = new StateFile(path);
    file.write([put(claimed(0))], 3_000);
    const broken = { ...claimed(1), seed: 'no number' as unknown as number };
    expect(() => file.write([put(claimed(2)), put(broken)], 3_000)).toThrow(
      `the state file ${path} cannot be written: cannot store TEXT value in INTEGER column instances.seed`,
    );
    file.write([put(claimed(3))], 3_000);
  }
  expect(reopened(path).records).toEqual([claimed(0), claimed(3)]);
});

test('a state file takes no writes after it was closed', () => {
  const path = newPath();
  const file = new StateFile(path);
  file[Symbol.dispose]();
  file[Symbol.dispose]();
  file.write([put(claimed(0))], 3_000);
  expect(reopened(path).records).toEqual([]);
});

describe('a file that cannot be used', () => {
  const refusals: readonly (readonly [what: string, prepare: () => string, reason: string])[] = [
    ['a folder', () => folder, 'it is a folder. Name a file that this user may write'],
    ['in no folder', () => join(folder, 'none', 'state.db'), 'its folder does not exist. Name'],
    ['in a file', () => join(withText(''), 'state.db'), 'its folder is a file. Name'],
    [
      'no database',
      () => withText('containers: {}\n'),
      'it is not a database. Name another file; a missing one is created',
    ],
    [
      'another program’s',
      () => withTables('CREATE TABLE theirs (a TEXT)'),
      'it is the database of another program. Name',
    ],
    [
      'newer',
      () => withTables('PRAGMA user_version = 2', openedBefore()),
      'it was written by another version of the emulator (schema 2; this one has 1). Use that version',
    ],
    [
      'damaged',
      () => withTables("INSERT INTO instances VALUES ('a', 'b', 1, 2, 'no JSON')", openedBefore()),
      'row 1 of its instances is unsound (id)',
    ],
    [
      'with two sessions',
      () => withTables("INSERT INTO session VALUES ('0123456789ab', 1, 1, 1)", openedBefore()),
      '2 sessions',
    ],
    ['without a session', () => withRow({}, 'DELETE FROM session'), 'it has instances and no session'],
    ['without a table', () => withTables('DROP TABLE instances', openedBefore()), 'no such table: instances'],
    ...(
      [
        ['session', "id = 'x'", 'id'],
        ['session', 'life = 0', 'life'],
        ['session', 'clock_at = -1', 'clock_at'],
        ['session', 'real_at = 253402300800000', 'real_at'],
      ] as const
    ).map(
      ([table, set, column]) =>
        [
          `with ${set}`,
          () => withTables(`UPDATE ${table} SET ${set}`, openedBefore()),
          `row 1 of its ${table} is unsound (${column})`,
        ] as const,
    ),
    ...(
      [
        ['id', 'no ID'],
        ['container_id', 'A'.repeat(24)],
        ['seed', -1],
        ['created_at', 2 ** 52],
        ...[
          'null',
          '[]',
          'no JSON',
          '{"name":"free"}',
          '{"name":"free","ended":{"how":"exited","token":"t"}}',
          '{"name":"free","ended":{"how":"vanished","token":"t"}}',
          '{"name":"free","ended":{"how":"released","token":"t","times":{"claimedAt":1}}}',
          '{"name":"asleep","token":"t","claimedAt":1}',
          '{"name":"constructor"}',
          '{"name":"claimed","token":7,"claimedAt":1}',
          '{"name":"claimed","token":"t"}',
          '{"name":"claimed","token":"t","claimedAt":0.5}',
          '{"name":"starting","token":"t","claimedAt":1,"since":1}',
          '{"name":"running","token":"t","claimedAt":1,"spawnedAt":null}',
          '{"name":"stopping","token":"t","claimedAt":1,"spawnedAt":1,"because":"boredom"}',
        ].map((state) => ['state', state] as const),
      ] as const
    ).map(
      ([column, value]) =>
        [
          `with the ${column} ${value}`,
          () => withRow({ [column]: value }),
          `row 1 of its instances is unsound (${column})`,
        ] as const,
    ),
  ];

  /** A file with one instance, one column of which is as given. */
  const withRow = (unsound: Readonly<Record<string, string | number>>, sql = ''): string => {
    const path = openedBefore();
    const { instanceId, containerId, seed, createdAt, state } = claimed(0);
    const sound = {
      id: instanceId,
      container_id: containerId,
      seed,
      created_at: createdAt,
      state: JSON.stringify(state),
    };
    const database = new DatabaseSync(path);
    database.prepare('INSERT INTO instances VALUES (?, ?, ?, ?, ?)').run(...Object.values({ ...sound, ...unsound }));
    database.exec(sql);
    database.close();
    return path;
  };

  const withText = (text: string): string => {
    const path = newPath();
    writeFileSync(path, text);
    return path;
  };

  const openedBefore = (): string => {
    const path = newPath();
    reopened(path);
    return path;
  };

  const withTables = (sql: string, path = newPath()): string => {
    const database = new DatabaseSync(path);
    database.exec(sql);
    database.close();
    return path;
  };

  test.each(refusals)('because it is %s is refused in one line, and is not changed', (_what, prepare, reason) => {
    const path = prepare();
    const before = contentOf(path);
    const open = () => new StateFile(path);
    expect(open).toThrow(expect.objectContaining({ code: errorCodes.stateUnusable }));
    expect(open).toThrow(new RegExp(`^Failed to (open|read) the state file ${path}: [^\n]+\\.$`));
    expect(open).toThrow(reason);
    expect(contentOf(path)).toBe(before);
  });

  test.each([
    ['no database', () => withText('containers: {}\n')],
    ['another program’s', () => withTables('CREATE TABLE theirs (a TEXT)')],
  ])('because it is %s is refused, and stays readable for all', (_what, prepare) => {
    const path = prepare();
    chmodSync(path, 0o644);
    expect(() => new StateFile(path)).toThrow();
    expect(statSync(path).mode & 0o777).toBe(0o644);
  });

  test('because another emulator uses it is free when that has ended', () => {
    const path = newPath();
    {
      using _first = new StateFile(path);
      expect(() => new StateFile(path)).toThrow(
        `Failed to open the state file ${path}: another emulator uses it. Stop that one, or give this one a file of its own.`,
      );
    }
    expect(reopened(path).epoch).toBe(2);
  });
});

/** Empty where there is none. */
const contentOf = (path: string): string => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
};
