import { hasProcess } from './answers.ts';
import type { DockerConnection } from './connection.ts';
import { ignoreStatus } from './docker-errors.ts';
import { inspectContainer } from './inspect-container.ts';
import type { ProcessIdentity } from './owner.ts';

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

/** A run of the emulator, from start to dispose, and the process that it lives in. */
export type Session = {
  /** Unique among the sessions of an engine. */
  readonly id: string;
  /** The emulator's version. */
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

/** Labels cannot be changed, so a kept container's name says what it is. */
const ordinary = /^\/?cycle-/;
const kept = 'cycle-kept-';

export const isKept = (name: string): boolean => name.replace(/^\//, '').startsWith(kept);

const discarded = 'cycle-discarded-';

export const isDiscarded = (name: string): boolean => name.replace(/^\//, '').startsWith(discarded);

/** Marks a container that is to be removed, and counts as no run in any state: a removal kills first. */
export const discardContainer = async ({ docker }: DockerConnection, dockerId: string, name: string): Promise<void> => {
  if (isDiscarded(name)) return;
  await docker
    .getContainer(dockerId)
    .rename({ name: name.replace(ordinary, discarded) })
    .catch(ignoreStatus(404));
};

/**
 * Sets a container that has ended aside for a look, with its logs and its files. Answers false where it runs still, or is
 * gone: that is nothing to keep.
 */
export const keepContainer = async (connection: DockerConnection, dockerId: string): Promise<boolean> => {
  const container = connection.docker.getContainer(dockerId);
  const found = await inspectContainer(connection, dockerId);
  if (found === null || hasProcess(found.State.Status)) return false;
  if (!isKept(found.Name)) await container.rename({ name: found.Name.replace(ordinary, kept) });
  return true;
};
