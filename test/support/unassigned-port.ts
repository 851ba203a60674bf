import { randomInt } from 'node:crypto';

/** The system assigns it to no process by itself: what a test has freed, no other test has meanwhile. */
export const unassignedPort = (): number => randomInt(10_000, 30_000);
