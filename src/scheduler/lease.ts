/** How long a claimed instance waits to be spawned (documented: ten seconds). Reserved up to, not at, the end (our choice). */
export const leaseMs = 10_000;
