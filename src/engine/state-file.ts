import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Change, InstanceRecord } from '../scheduler/records.ts';
import { systemClock } from '../shared/clock.ts';
import { EmulatorError, errorCodes, toMessage } from '../shared/errors.ts';
import { openDatabase } from './open-database.ts';
import type { Kept } from './read-rows.ts';
import type { StateStore } from './state-store.ts';

/**
 * Opens the file that keeps an emulator's claims over restarts, and counts this one.
 *
 * @throws EmulatorError `stateUnusable`
 */
export const openStateFile = (path: string): StateFile => new StateFile(resolve(path));

/** Made by `openStateFile`. Disposing closes the file; later writes are not kept. */
export class StateFile implements StateStore, Disposable {
  /** Absolute. */
  readonly path: string;
  /** The emulator's session, the same after every restart. */
  readonly session: string;
  /** Which of them this is, from 1. */
  readonly life: number;
  /** How many milliseconds the emulator's clock was ahead of the real one when something was last written. */
  readonly aheadMs: number;
  readonly records: readonly InstanceRecord[];
  readonly #database: DatabaseSync;
  readonly #keep: StatementSync;
  readonly #forget: StatementSync;
  readonly #tell: StatementSync;

  constructor(path: string) {
    this.path = path;
    const { database, kept } = openDatabase(path);
    this.#database = database;
    this.records = kept.records;
    try {
      const { id, life, aheadMs } = beginLife(database, kept.session);
      this.session = id;
      this.life = life;
      this.aheadMs = aheadMs;
      this.#keep = database.prepare('INSERT OR REPLACE INTO instances VALUES (?, ?, ?, ?, ?)');
      this.#forget = database.prepare('DELETE FROM instances WHERE id = ?');
      this.#tell = database.prepare('UPDATE session SET clock_at = ?, real_at = ?');
    } catch (error) {
      database.close();
      throw new EmulatorError(
        errorCodes.stateUnusable,
        `Failed to read the state file ${path}: ${toMessage(error)}. Remove it, which loses what it keeps.`,
        { cause: error },
      );
    }
  }

  write(changes: readonly Change[], now: number): void {
    if (!this.#database.isOpen) return;
    try {
      this.#database.exec('BEGIN');
      for (const change of changes) this.#put(change);
      this.#tell.run(now, systemClock.now());
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw new Error(`the state file ${this.path} cannot be written: ${toMessage(error)}`, { cause: error });
    }
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #put({ instanceId, record }: Change): void {
    if (record === null) this.#forget.run(instanceId);
    else this.#keep.run(instanceId, record.containerId, record.seed, record.createdAt, JSON.stringify(record.state));
  }
}

/** The clock goes on from where the last process left it; it never goes back, even if the real one did. */
const beginLife = (
  database: DatabaseSync,
  session: Kept['session'],
): { readonly id: string; readonly life: number; readonly aheadMs: number } => {
  const now = systemClock.now();
  if (session === null) {
    const id = randomBytes(6).toString('hex');
    database.prepare('INSERT INTO session VALUES (?, 1, ?, ?)').run(id, now, now);
    return { id, life: 1, aheadMs: 0 };
  }
  const { id, clockAt, realAt } = session;
  const life = session.life + 1;
  database.prepare('UPDATE session SET life = ?').run(life);
  return { id, life, aheadMs: Math.max(clockAt - realAt, clockAt - now) };
};
