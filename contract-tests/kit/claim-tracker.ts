import { appendFileSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { EmulatorError, errorCodes, toMessage } from '../../src/shared/errors.ts';
import type { Finding } from '../inspect/findings.ts';
import { excerpt, fieldOf, textOf } from '../model/json.ts';
import type { Operation } from '../model/result.ts';
import { leaseMs, type SuiteClock } from './limits.ts';
import { makeFolder } from './make-folder.ts';
import { rules } from './rules.ts';

/** What happens to a claim, each line written before the call that makes it happen, or after the answer that ends it. */
type JournalEntry =
  | { readonly event: 'run'; readonly url: string; readonly pid: number; readonly startedAt: string }
  | { readonly event: 'claiming'; readonly container: string; readonly token: string }
  | {
      readonly event: 'claimed' | 'spawning' | 'over';
      readonly container: string;
      readonly instance: string;
      readonly token: string;
    };

/** The open claims of a run, kept where they outlive it. */
interface ClaimJournal {
  write(entry: JournalEntry): void;
  /** Nothing is open any more: the journal is removed. */
  discard(): void;
}

/** The folder that `contract cleanup` reads by default. */
export const defaultJournalFolder = (): string =>
  join(process.env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state'), 'cycle-scheduler', 'contract');

/** Only kept in memory, which is to say not at all. */
export const noJournal: ClaimJournal = { write: () => {}, discard: () => {} };

/**
 * A file of JSON lines in `folder`. Written synchronously, because a line that is not in the file when the process is
 * killed is an instance that stays claimed. Only its owner can read it, because a token allows a spawn. Throws an
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
      `Failed to keep a journal of open claims in ${folder}: ${toMessage(error)}. Choose a folder that can be written.`,
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

/** A claim of this run that it has not given back. Times on the suite's clock, see SuiteClock in limits.ts. */
export type Holding = {
  readonly container: string;
  readonly instance: string;
  readonly token: string;
  /** The ID of the case that claimed it. */
  readonly owner: string;
  readonly phase: 'claimed' | 'spawned';
  /** Between the two the target granted it: when it was asked for, and when the grant arrived. */
  readonly askedAt: number;
  readonly grantedAt: number;
  /** A release has been sent: from then on the instance may be granted to others. */
  readonly isReleasing: boolean;
  /** Its start has failed, which may have ended the claim. */
  readonly mayBeOver: boolean;
};

export type Grant = Pick<Holding, 'owner' | 'container' | 'instance' | 'token'>;

/** What the run holds of the target, to give it back and to notice what is granted twice. */
export class Holdings {
  readonly #held = new Map<string, Holding>();

  get all(): readonly Holding[] {
    return [...this.#held.values()];
  }

  find(container: string, instance: string, token: string): Holding | undefined {
    return this.#held.get(keyOf(container, instance, token));
  }

  /** Notes a grant and answers the holding it contradicts: the same instance, reserved and not given back. */
  grant({ owner, container, instance, token }: Grant, askedAt: number, now: number): Holding | undefined {
    const contradicted = this.all.find(
      (held) =>
        held.container === container &&
        held.instance === instance &&
        // The same instance for the same token is the same claim, asked for twice.
        held.token !== token &&
        held.phase === 'claimed' &&
        !held.isReleasing &&
        !held.mayBeOver &&
        // Its lease cannot have begun before it was asked for, so it cannot be over yet.
        now - held.askedAt < leaseMs,
    );
    const holding = {
      owner,
      container,
      instance,
      token,
      phase: 'claimed',
      askedAt,
      grantedAt: now,
      isReleasing: false,
      mayBeOver: false,
    } as const;
    this.#held.set(keyOf(container, instance, token), holding);
    return contradicted;
  }

  update(container: string, instance: string, token: string, change: Partial<Holding>): void {
    const key = keyOf(container, instance, token);
    const held = this.#held.get(key);
    if (held !== undefined) this.#held.set(key, { ...held, ...change });
  }

  drop(container: string, instance: string, token: string): void {
    this.#held.delete(keyOf(container, instance, token));
  }
}

const keyOf = (...parts: readonly string[]): string => JSON.stringify(parts);

/** A request as far as it can change what the run holds. */
type TrackedRequest = {
  /** The ID of the case that asks. */
  readonly owner: string;
  readonly operation: Operation | null;
  /** On the suite's clock. */
  readonly askedAt: number;
  readonly container: string;
  readonly token: string | null;
  readonly instance: string | null;
};

export const toTrackedRequest = (
  owner: string,
  operation: Operation | null,
  container: string,
  sent: unknown,
  askedAt: number,
): TrackedRequest => ({
  owner,
  askedAt,
  operation,
  container,
  token: textOf(fieldOf(sent, 'token')),
  instance: textOf(fieldOf(sent, 'instance_id')),
});

type Tools = {
  readonly holdings: Holdings;
  readonly journal: ClaimJournal;
  readonly clock: SuiteClock;
};

/** Keeps what the run holds in step with what it sends and receives, also where a target grants what it should not. */
export class ClaimTracker {
  readonly #tools: Tools;

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  /** Before a request is sent. */
  open({ operation, container, token, instance }: TrackedRequest): void {
    const { journal, holdings } = this.#tools;
    if (operation === 'claimInstance') journal.write({ event: 'claiming', container, token: token ?? '' });
    if (token === null || instance === null) return;
    if (operation === 'spawnInstance') journal.write({ event: 'spawning', container, instance, token });
    if (operation === 'releaseInstance') {
      holdings.update(container, instance, token, { isReleasing: true });
    }
  }

  /** After it succeeded; a finding where the target granted what the run holds already. */
  succeed(trackedRequest: TrackedRequest, data: unknown): Finding | null {
    const { operation, container, token, instance } = trackedRequest;
    const { holdings, journal, clock } = this.#tools;
    if (operation === 'claimInstance') return this.#granted(trackedRequest, data);
    if (token === null || instance === null) return null;
    if (operation === 'spawnInstance') {
      // A spawn that should have been refused is held, too: it has to be given back.
      const isKnown = holdings.find(container, instance, token) !== undefined;
      if (!isKnown) holdings.grant({ ...trackedRequest, token, instance }, trackedRequest.askedAt, clock.now());
      holdings.update(container, instance, token, { phase: 'spawned' });
    }
    if (operation === 'releaseInstance') {
      holdings.drop(container, instance, token);
      journal.write({ event: 'over', container, instance, token });
    }
    return null;
  }

  /** After it failed, with a status or without any answer. */
  fail({ operation, container, token, instance }: TrackedRequest, status: number | null): void {
    if (token === null || instance === null) return;
    const { holdings } = this.#tools;
    // Without an answer the release may or may not have happened.
    if (operation === 'releaseInstance' && status !== null) {
      holdings.update(container, instance, token, { isReleasing: false });
    }
    // A failed start may have ended the claim, but no answer says so. From then on others may get the instance.
    const hasFailed = operation === 'spawnInstance' && (status === null || status >= 500);
    if (hasFailed) holdings.update(container, instance, token, { mayBeOver: true });
  }

  #granted(trackedRequest: TrackedRequest, data: unknown): Finding | null {
    const { owner, container, askedAt } = trackedRequest;
    const token = trackedRequest.token ?? textOf(fieldOf(data, 'token'));
    const instance = textOf(fieldOf(data, 'instance_id'));
    if (instance === null || token === null) return null;
    this.#tools.journal.write({ event: 'claimed', container, instance, token });
    const { holdings, clock } = this.#tools;
    const contradicted = holdings.grant({ owner, container, instance, token }, askedAt, clock.now());
    if (contradicted === undefined) return null;
    return {
      ...rules.grantedOnce,
      expected: 'an instance that no other claim holds',
      came: `${excerpt(instance)}, which token ${excerpt(contradicted.token)} holds`,
    };
  }
}
