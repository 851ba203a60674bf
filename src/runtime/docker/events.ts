import type { Readable } from 'node:stream';
import type { Alarm, Clock } from '../../shared/clock.ts';
import { withoutPassword } from '../../shared/without-password.ts';
import type { RuntimeEvent } from '../port.ts';
import { containerOfNetworkEvent, removalActions } from './answers.ts';
import { loadDockerTime, readJsonLines, startHeartbeat } from './connection.ts';
import { loadExit } from './container-api.ts';
import type { RuntimeContext } from './container-factory.ts';
import { explain } from './docker-errors.ts';
import { unknownExit } from './in-flight.ts';
import { labels } from './labels.ts';
import { findOverdue, settleOverdue, startSweep } from './sweep.ts';

type EngineEvent = {
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
};

type Heard = {
  /** Containers that run to the engine, but wait behind the launcher. */
  readonly waiting: ReadonlySet<string>;
  /** Gets each container of the session that is made, by any of its processes; null without a listener. */
  readonly onCreated: ((dockerId: string, labels: Readonly<Record<string, string>>) => void) | null;
  readonly emit: (event: RuntimeEvent) => void;
};

const watchedActions = ['die', ...removalActions, 'disconnect'];

/** Between two attempts to reach an engine that is away. */
const reconnectEveryMs = 500;

/**
 * Follows the engine's events on this session's containers and reports each end to `exits`; of one without an event,
 * some seconds late. When the engine goes away it says so, asks for it until it is back, and settles what ended
 * meanwhile: events of that time are not sent again.
 */
export const startEvents = async (
  { connection, session, exits, orphans }: RuntimeContext,
  { waiting, onCreated, emit }: Heard,
  clock: Clock,
): Promise<AsyncDisposable> => {
  const sessionId = session.id;
  const url = withoutPassword(connection.endpoint.url);
  const stopped = new AbortController();
  /** Of these the exit code is known and the rest is being asked for. */
  const ending = new Set<string>();
  let alarm: Alarm | null = null;
  let following: Promise<void> = Promise.resolve();

  /** From the engine's own present on, by its own clock: the answer comes before the engine listens for events. */
  const open = async (): Promise<Readable> => {
    const stream = await connection.docker.getEvents({
      since: await loadDockerTime(connection, stopped.signal),
      // Events of networks have no labels, so those of other sessions come, too.
      filters: {
        type: ['container', 'network'],
        event: onCreated === null ? watchedActions : ['create', ...watchedActions],
      },
      abortSignal: stopped.signal,
    });
    return stream as Readable;
  };

  const follow = async (stream: Readable): Promise<void> => {
    let reason = `the connection to Docker at ${url} broke`;
    using _heartbeat = startHeartbeat(connection, clock, (error) => {
      reason = `Docker at ${url} does not answer: ${explain(error)[0]}`;
      // What was asked before would never be answered either, and keep others waiting.
      connection.hangUp();
      stream.destroy();
    });
    using _sweep = startSweep({ connection, sessionId, exits, isReported: (id) => ending.has(id), clock });
    try {
      for await (const event of readJsonLines<EngineEvent>(stream)) receive(event);
    } catch {
      // Cut or closed, it comes to the same: no event of an end comes any more.
    }
    if (stopped.signal.aborted) return;
    emit({ type: 'unavailable', reason });
    reconnectLater();
  };

  const receive = ({ Type, Action, Actor }: EngineEvent): void => {
    if (Type === 'network') return receiveOfNetwork(Action, containerOfNetworkEvent(Actor));
    if (Action === 'create') {
      if (Actor.Attributes[labels.session] === sessionId) onCreated?.(Actor.ID, Actor.Attributes);
    } else receiveEnd(Action, Actor);
  };

  /** What waits would start without its network. With a run, that may be wanted. An end is reported so first, too. */
  const receiveOfNetwork = (action: string, container: string): void => {
    if (action === 'disconnect' && waiting.has(container) && !ending.has(container)) void settle(container, null);
  };

  const receiveEnd = (action: string, { ID, Attributes }: EngineEvent['Actor']): void => {
    if (!exits.isExpected(ID) || ending.has(ID)) return;
    if (action === 'die') void settle(ID, Number(Attributes['exitCode']));
    // Usually reported by `die` before; a container can vanish without.
    else exits.settle(ID, unknownExit);
  };

  /**
   * The event comes while the engine still clears up: it lists the container as running, and holds its address. It
   * answers a question about the container when that is done, and then knows of a lack of memory, too.
   */
  const settle = async (dockerId: string, reported: number | null): Promise<void> => {
    ending.add(dockerId);
    const { code, outOfMemory } = await loadExit(connection, dockerId).catch(() => unknownExit);
    exits.settle(dockerId, { code: reported ?? code, outOfMemory });
    ending.delete(dockerId);
  };

  const settleMissed = async (): Promise<void> =>
    await settleOverdue(connection, exits, await findOverdue(connection, sessionId, exits));

  const reconnectLater = (): void => {
    alarm = clock.alarm(clock.now() + reconnectEveryMs, () => {
      following = reconnect();
    });
  };

  const reconnect = async (): Promise<void> => {
    try {
      using _heartbeat = startHeartbeat(connection, clock, () => connection.hangUp());
      const stream = await open();
      await settleMissed().catch((error: unknown) => {
        stream.destroy();
        throw error;
      });
      following = follow(stream);
    } catch {
      // A caller may have asked meanwhile, in vain.
      connection.hangUp();
      if (!stopped.signal.aborted) reconnectLater();
      return;
    }
    emit({ type: 'available' });
    await orphans.remove();
  };

  following = follow(await open());
  return {
    [Symbol.asyncDispose]: async () => {
      stopped.abort();
      alarm?.cancel();
      await following;
    },
  };
};
