import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { Change, InstanceRecord } from '../scheduler/records.ts';
import { systemClock } from '../shared/clock.ts';
import { EmulatorError, errorCodes, toMessage } from '../shared/errors.ts';
import { requireDependency } from '../shared/package.ts';
import { type Kept, readRows } from './read-rows.ts';
import type { StateStore } from './service.ts';

/** Marks a database as the emulator's: `CYSC`. */
const applicationId = 0x43595343;

/** Raised with every change of the tables that an older emulator would misread. */
const schemaVersion = 1;

const schema = `
  CREATE TABLE session (
    id TEXT NOT NULL,
    life INTEGER NOT NULL,
    -- What the emulator's clock and the real one showed when something was last written, in milliseconds since the epoch.
    clock_at INTEGER NOT NULL,
    real_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE instances (
    id TEXT PRIMARY KEY,
    container_id TEXT NOT NULL,
    seed INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    -- As JSON: a RecordedState of src/scheduler/records.ts.
    state TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${schemaVersion};
`;

/** SQLite's codes of what a user can do something about. */
const busy = 5;
const notADatabase = 26;

/**
 * Opens a state file, makes it where there is none, locks it for this process, reads what it has, and counts this process.
 * Written through the operating system, so that it outlives the process by any end; a machine that loses power may lose
 * the last moments, but no more.
 */
const open = (path: string) => {
  // Made before SQLite does, and for its owner alone: tokens stand in it.
  withFile(path, () => closeSync(openSync(path, 'a', 0o600)));
  let database: DatabaseSync | null = null;
  try {
    // Only now: not every runtime that stands in for Node has it.
    const { DatabaseSync } = requireDependency('node:sqlite') as typeof import('node:sqlite');
    database = new DatabaseSync(path, { timeout: 0 });
    // Before anything is read: what is locked once stays this process's alone, and needs no shared memory.
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    const isNew = examine(database, path);
    const kept = isNew ? nothing : readRows(database);
    // Only now that it is known to be sound and no file of another's; and before SQLite makes others of the same mode beside it.
    withFile(path, () => chmodSync(path, 0o600));
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; BEGIN EXCLUSIVE');
    if (isNew) database.exec(schema);
    database.exec('COMMIT');
    return {
      database,
      records: kept.records,
      ...beginEpoch(database, kept.session),
      keep: database.prepare('INSERT OR REPLACE INTO instances VALUES (?, ?, ?, ?, ?)'),
      forget: database.prepare('DELETE FROM instances WHERE id = ?'),
      setClock: database.prepare('UPDATE session SET clock_at = ?, real_at = ?'),
    };
  } catch (error) {
    database?.close();
    throw toUnusable(path, error);
  }
};

/** The system's reasons are better ones than SQLite's. */
const withFile = (path: string, act: () => void): void => {
  try {
    act();
  } catch (error) {
    throw refuse(path, reasons[codeOf(error)] ?? toMessage(error), 'Name a file that this user may write', error);
  }
};

const reasons: Readonly<Record<string, string>> = {
  EISDIR: 'it is a folder',
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'its folder is a file',
  EACCES: 'this user may not write it',
  EPERM: 'it belongs to another user',
  EROFS: 'its file system is read-only',
};

const codeOf = (error: unknown): string => String((error as NodeJS.ErrnoException).code);

/** Whether it is empty. Throws where it is not ours, before anything of it is changed. */
const examine = (database: DatabaseSync, path: string): boolean => {
  const found = (name: string): unknown => Object.values(database.prepare(name).get() ?? {})[0];
  const owner = found('PRAGMA application_id');
  const version = Number(found('PRAGMA user_version'));
  if (owner === 0 && found('SELECT count(*) FROM sqlite_schema') === 0) return true;
  if (owner !== applicationId) throw refuse(path, 'it is the database of another program', anotherFile);
  if (version !== schemaVersion) {
    const reason = `it was written by another version of the emulator (schema ${version}; this one has ${schemaVersion})`;
    throw refuse(path, reason, 'Use that version, or remove the file, which loses what it keeps');
  }
  return false;
};

const nothing: Kept = { session: null, records: [] };

const anotherFile = 'Name another file; a missing one is created';

const toUnusable = (path: string, error: unknown): EmulatorError => {
  if (error instanceof EmulatorError) return error;
  const { errcode } = error as { errcode?: number };
  if (errcode === busy) {
    return refuse(path, 'another emulator uses it', 'Stop that one, or give this one a file of its own', error);
  }
  if (errcode === notADatabase) return refuse(path, 'it is not a database', anotherFile, error);
  return refuse(path, toMessage(error), 'Remove it, which loses what it keeps, or name another file', error);
};

const refuse = (path: string, reason: string, remedy: string, cause?: unknown): EmulatorError =>
  new EmulatorError(errorCodes.stateUnusable, `Failed to open the state file ${path}: ${reason}. ${remedy}.`, {
    cause,
  });

/** The file that keeps an emulator's claims over restarts. Disposing closes it; later writes are not kept. */
export class StateFile implements StateStore, Disposable {
  /** Absolute. */
  readonly path: string;
  /** The emulator's session, the same after every restart. */
  readonly session: string;
  /** Which of them this is, from 1. */
  readonly epoch: number;
  /** How many milliseconds the emulator's clock was ahead of the real one when something was last written. */
  readonly aheadMs: number;
  readonly records: readonly InstanceRecord[];
  readonly #file: ReturnType<typeof open>;

  /** @throws EmulatorError `stateUnusable` */
  constructor(path: string) {
    this.path = resolve(path);
    this.#file = open(this.path);
    this.records = this.#file.records;
    this.session = this.#file.id;
    this.epoch = this.#file.epoch;
    this.aheadMs = this.#file.aheadMs;
  }

  write(changes: readonly Change[], now: number): void {
    const { database, setClock } = this.#file;
    if (!database.isOpen) return;
    try {
      database.exec('BEGIN');
      for (const change of changes) this.#put(change);
      setClock.run(now, systemClock.now());
      database.exec('COMMIT');
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw new Error(`the state file ${this.path} cannot be written: ${toMessage(error)}`, { cause: error });
    }
  }

  [Symbol.dispose](): void {
    if (this.#file.database.isOpen) this.#file.database.close();
  }

  #put({ instanceId, record }: Change): void {
    const { keep, forget } = this.#file;
    if (record === null) forget.run(instanceId);
    else keep.run(instanceId, record.containerId, record.seed, record.createdAt, JSON.stringify(record.state));
  }
}

/** The clock goes on from where the last process left it; it never goes back, even if the real one did. */
const beginEpoch = (
  database: DatabaseSync,
  session: Kept['session'],
): { readonly id: string; readonly epoch: number; readonly aheadMs: number } => {
  const now = systemClock.now();
  if (session === null) {
    const id = randomBytes(6).toString('hex');
    database.prepare('INSERT INTO session VALUES (?, 1, ?, ?)').run(id, now, now);
    return { id, epoch: 1, aheadMs: 0 };
  }
  const { id, clockAt, realAt } = session;
  const epoch = session.epoch + 1;
  database.prepare('UPDATE session SET life = ?').run(epoch);
  return { id, epoch, aheadMs: Math.max(clockAt - realAt, clockAt - now) };
};
