import type { ProcessIdentity } from './process-identity.ts';

/** The labels of everything the emulator makes in an engine. By them a dead session's leftovers are found. */
export const labels = {
  session: 'io.cycle.emulator.session',
  version: 'io.cycle.emulator.version',
  pid: 'io.cycle.emulator.pid',
  started: 'io.cycle.emulator.started',
  boot: 'io.cycle.emulator.boot',
  host: 'io.cycle.emulator.host',
  ownerContainer: 'io.cycle.emulator.owner-container',
  environment: 'io.cycle.emulator.environment',
  container: 'io.cycle.emulator.container',
  instance: 'io.cycle.emulator.instance',
} as const;

/** A run of the emulator, from start to dispose, and the process that it lives in. */
export type Session = {
  /** Unique among the sessions of an engine. */
  readonly id: string;
  /** The emulator's version. */
  readonly version: string;
  readonly owner: ProcessIdentity;
  /** The life of the container of this engine that the owner runs in, see `toLife`; null where it runs in none. */
  readonly ownerContainer: string | null;
};

type Labels = Readonly<Record<string, string>>;

export const toSessionLabels = ({ id, version, owner, ownerContainer }: Session): Record<string, string> => ({
  [labels.session]: id,
  [labels.version]: version,
  [labels.pid]: String(owner.pid),
  [labels.started]: owner.started,
  [labels.boot]: owner.boot,
  [labels.host]: owner.host,
  ...(ownerContainer === null ? {} : { [labels.ownerContainer]: ownerContainer }),
});

/** The session that labels tell of; null where they are not the emulator's. */
export const parseSession = (found: Labels | undefined): Session | null => {
  const id = found?.[labels.session];
  if (!found || id === undefined) return null;
  const text = (label: string): string => found[label] ?? '';
  return {
    id,
    version: text(labels.version),
    owner: {
      pid: Number(text(labels.pid)),
      started: text(labels.started),
      boot: text(labels.boot),
      host: text(labels.host),
    },
    ownerContainer: found[labels.ownerContainer] ?? null,
  };
};

/** The filter of list and event requests that lets only this session's through. */
export const sessionFilter = (sessionId: string): { label: string[] } => ({
  label: [`${labels.session}=${sessionId}`],
});
