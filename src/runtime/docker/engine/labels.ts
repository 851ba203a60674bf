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
  /** Absolute path of the file that keeps what the session promised, where there is one. */
  state: 'io.cycle.emulator.state',
  epoch: 'io.cycle.emulator.life',
  /** ID of a network that is another's, and the addresses in it that a session has set aside. */
  network: 'io.cycle.emulator.network',
  addresses: 'io.cycle.emulator.addresses',
  container: 'io.cycle.emulator.container',
  instance: 'io.cycle.emulator.instance',
  /** ID of the instance whose network it has. */
  sandbox: 'io.cycle.emulator.sandbox',
  /** Its IPv4 address. Of a container that has ended Podman shows none, and never the one that was asked for. */
  address: 'io.cycle.emulator.address',
  /** Of images: the digest of all that one was built of. */
  content: 'io.cycle.emulator.content',
} as const;

/** Identifies a process, also after another got its number. Empty where the system does not say. */
export type ProcessIdentity = {
  readonly pid: number;
  /** When it started, in the system's own notation. */
  readonly started: string;
  /** Which start of the machine it belongs to. */
  readonly boot: string;
  /** The machine, and which of its process number spaces: a container has its own. */
  readonly host: string;
};

/** A run of the emulator, from start to dispose, and the process that it lives in. */
export type Session = {
  /** Unique among the sessions of an engine. */
  readonly id: string;
  readonly version: string;
  readonly owner: ProcessIdentity;
  /** The run of this engine's container that the owner lives in, see `toLife`; null where it runs in none. */
  readonly ownerContainer: string | null;
  /** Set where the session outlives its process; null where it ends with it. */
  readonly durable: DurableSession | null;
};

export type DurableSession = {
  /** Absolute path, on the owner's host, of the file that keeps what was promised. While it is there, the session may go on. */
  readonly stateFile: string;
  /** How many processes the session has lived in, the present one included. */
  readonly epoch: number;
};

/** What the names of all that this process of a session makes begin with; those of its others are different. */
export const namePrefix = ({ id, durable }: Session): string =>
  durable === null ? `cycle-${id}` : `cycle-${id}.${durable.epoch}`;

type Labels = Readonly<Record<string, string>>;

export const toSessionLabels = ({ id, version, owner, ownerContainer, durable }: Session): Record<string, string> => ({
  [labels.session]: id,
  [labels.version]: version,
  [labels.pid]: String(owner.pid),
  [labels.started]: owner.started,
  [labels.boot]: owner.boot,
  [labels.host]: owner.host,
  ...(ownerContainer === null ? {} : { [labels.ownerContainer]: ownerContainer }),
  ...(durable === null ? {} : { [labels.state]: durable.stateFile, [labels.epoch]: String(durable.epoch) }),
});

/** The session in the labels; null where they are not the emulator's. */
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
    durable: found[labels.state] ? { stateFile: text(labels.state), epoch: Number(text(labels.epoch)) } : null,
  };
};

/** The filter of list requests that lets only what is of a session through, or of this one alone. */
export const sessionFilter = (sessionId?: string): { label: string[] } => ({
  label: [sessionId === undefined ? labels.session : `${labels.session}=${sessionId}`],
});

/** Labels cannot be changed, so the name of a container says that it is kept, or is to be removed. */
const ordinary = /^\/?cycle-/;
const kept = 'cycle-kept-';
const discarded = 'cycle-discarded-';

export const isKept = (name: string): boolean => name.replace(/^\//, '').startsWith(kept);
export const isDiscarded = (name: string): boolean => name.replace(/^\//, '').startsWith(discarded);
export const toKept = (name: string): string => name.replace(ordinary, kept);
export const toDiscarded = (name: string): string => name.replace(ordinary, discarded);
