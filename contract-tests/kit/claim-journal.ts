import { appendFileSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { EmulatorError, errorCodes, toMessage } from '../../src/shared/errors.ts';
import { makeFolder } from './make-folder.ts';

/** What happens to a claim, each line written before the call that makes it happen, or after the answer that ends it. */
export type JournalEntry =
  | { readonly event: 'run'; readonly url: string; readonly pid: number; readonly startedAt: string }
  | { readonly event: 'claiming'; readonly container: string; readonly token: string }
  | {
      readonly event: 'claimed' | 'spawning' | 'over';
      readonly container: string;
      readonly instance: string;
      readonly token: string;
    };

/** The open claims of a run, kept where they outlive it. */
export interface ClaimJournal {
  write(entry: JournalEntry): void;
  /** Nothing is open any more: the ledger has served its turn. */
  discard(): void;
}

/** Where `contract cleanup` looks without being told. */
export const defaultJournalFolder = (): string =>
  join(process.env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state'), 'cycle-scheduler', 'contract');

/** Only kept in memory, which is to say not at all. */
export const noJournal: ClaimJournal = { write: () => {}, discard: () => {} };

/**
 * A file of JSON lines in `folder`. Written synchronously, because a line that is not in the file when the process is
 * killed is an instance that nobody gives back. Readable by its owner alone: with a token one can spawn. Throws an
 * EmulatorError where the file cannot be made.
 */
export const openJournal = (folder: string, url: string): ClaimJournal => {
  const startedAt = new Date().toISOString();
  const path = join(folder, `${startedAt.replace(/[:.]/g, '-')}-${process.pid}.jsonl`);
  let isDiscarded = false;
  const write = (entry: JournalEntry): void => {
    // What a request that was cut off says late would make the file again.
    if (!isDiscarded) appendFileSync(path, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
  };
  try {
    makeFolder(folder, 0o700);
    write({ event: 'run', url, pid: process.pid, startedAt });
  } catch (error) {
    throw new EmulatorError(
      errorCodes.badOption,
      `Failed to keep a ledger of open claims in ${folder}: ${toMessage(error)}. Choose a folder that can be written.`,
    );
  }
  return {
    write,
    discard: () => {
      isDiscarded = true;
      rmSync(path, { force: true });
    },
  };
};
