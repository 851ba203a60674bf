/** A claim of this run that it has not given back. Times on the suite's clock, see clock.ts. */
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

/** Documented: how long a claim waits to be spawned. */
export const leaseMs = 10_000;
/** When a lease is over for certain, seen from here: it began before its answer arrived. */
export const expiryMs = leaseMs + 600;
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
