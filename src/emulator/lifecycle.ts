import { channel } from 'node:diagnostics_channel';
import type { Controlled } from '../control/control-target.ts';

/** Where emulators of this process announce their start and end, for a test setup that looks for forgotten ones. */
export const lifecycle = channel('cycle-scheduler:emulator');

export type LifecycleMessage = { readonly session: string; readonly type: 'begin' | 'end' };

/** The parts of an emulator from which the report of a failed test is made (witness.ts). */
export type Seen = Pick<Controlled, 'events' | 'requests' | 'functions'> & {
  /** What the latest run on an instance has printed. */
  printed(instanceId: string): string;
  /** Secrets of the access keys. */
  readonly secrets: readonly string[];
};

/** The parts by emulator. A weak map, so that an entry goes with its emulator. */
export const seenBy = new WeakMap<object, Seen>();
