import type { Finding } from '../inspect/finding.ts';
import { excerpt, fieldOf, textOf } from '../model/json.ts';
import type { Operation } from '../model/result.ts';
import type { ClaimJournal } from './claim-journal.ts';
import type { Holdings } from './holdings.ts';
import type { SuiteClock } from './suite-clock.ts';

/** A request as far as it can change what the run holds. */
export type TrackedRequest = {
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

/** What a claim promises to its holder. */
export const grantedOnce = 'A reserved instance is granted to nobody else.';

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
    // Without an answer nobody knows whether it was carried out.
    if (operation === 'releaseInstance' && status !== null) {
      holdings.update(container, instance, token, { isReleasing: false });
    }
    // A start that failed may have ended the claim; nobody says so. From then on others may get the instance.
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
      evidence: 'documented',
      source: 'claim',
      rule: grantedOnce,
      expected: 'an instance that no other claim holds',
      came: `${excerpt(instance)}, which token ${excerpt(contradicted.token)} holds`,
    };
  }
}
