import type { Readable } from 'node:stream';
import { type Clock, pause } from '../../shared/clock.ts';
import { withoutPassword } from '../../shared/without-password.ts';
import type { RuntimeEvent } from '../port.ts';
import type { RuntimeContext } from './containers/session-containers.ts';
import { answerWithinMs, type DockerConnection, loadDockerTime, ping, readJsonLines } from './engine/connection.ts';
import { explain } from './engine/docker-errors.ts';
import { labels } from './engine/labels.ts';
import { containerOfNetworkEvent, removalActions } from './engine/quirks.ts';
import { repeat } from './session/exits.ts';

type EngineEvent = {
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
};

type Heard = {
  /** Gets each container of the session that is made, by any of its processes; null without a listener. */
  readonly onCreated: ((dockerId: string, labels: Readonly<Record<string, string>>) => void) | null;
  /** Gets each container, of any session, that leaves a network: also at its end, before that is reported. */
  readonly onDisconnected: (dockerId: string) => void;
  readonly emit: (event: RuntimeEvent) => void;
};

const actions = ['die', ...removalActions, 'disconnect'];

/** Between two attempts to reach an engine that is away. */
const reconnectEveryMs = 500;

/**
 * Follows the engine's events on this session's containers and reports each end to `exits`; of one without an event,
 * some seconds late. When the engine goes away it says so, asks for it until it is back, and settles what ended
 * meanwhile: events of that time are not sent again.
 */
export const startEvents = async (
  { connection, session, exits, engineClock }: RuntimeContext,
  { onCreated, onDisconnected, emit }: Heard,
): Promise<AsyncDisposable> => {
  const url = withoutPassword(connection.endpoint.url);
  const stopped = new AbortController();

  /** From the engine's own present on, by its own clock: the answer comes before the engine listens for events. */
  const open = async (): Promise<Readable> => {
    const stream = await connection.docker.getEvents({
      since: await loadDockerTime(connection, stopped.signal),
      // Events of networks have no labels, so those of other sessions come, too.
      filters: { type: ['container', 'network'], event: onCreated === null ? actions : ['create', ...actions] },
      abortSignal: stopped.signal,
    });
    return stream as Readable;
  };

  /** Answers, when nothing more comes, why. */
  const follow = async (stream: Readable): Promise<string> => {
    let reason = `the connection to Docker at ${url} broke`;
    using _heartbeat = startHeartbeat(connection, engineClock, (error) => {
      reason = `Docker at ${url} does not answer: ${explain(error)[0]}`;
      // What was asked before would never be answered either, and keep others waiting.
      connection.hangUp();
      stream.destroy();
    });
    using _sweep = exits.sweep(engineClock);
    try {
      for await (const event of readJsonLines<EngineEvent>(stream)) receive(event);
    } catch {
      // Cut or closed, it comes to the same: no event of an end comes any more.
    }
    return reason;
  };

  const receive = ({ Type, Action, Actor }: EngineEvent): void => {
    const { ID, Attributes } = Actor;
    if (Type === 'network') {
      const container = containerOfNetworkEvent(Actor);
      if (Action === 'disconnect') onDisconnected(container);
    } else if (Action === 'create') {
      if (Attributes[labels.session] === session.id) onCreated?.(ID, Attributes);
    } else if (Action === 'die') void exits.report(ID, Number(Attributes['exitCode']));
    else exits.reportGone(ID);
  };

  /** Null while the engine is away. */
  const reopen = async (): Promise<Readable | null> => {
    using _heartbeat = startHeartbeat(connection, engineClock, () => connection.hangUp());
    try {
      const stream = await open();
      await exits.catchUp().catch((error: unknown) => {
        stream.destroy();
        throw error;
      });
      return stream;
    } catch {
      // A caller may have asked meanwhile, in vain.
      connection.hangUp();
      return null;
    }
  };

  const followOn = async (first: Readable): Promise<void> => {
    for (let stream = first; ; emit({ type: 'available' })) {
      const reason = await follow(stream);
      if (stopped.signal.aborted) return;
      emit({ type: 'unavailable', reason });
      let next: Readable | null = null;
      while (next === null) {
        if (!(await pause(engineClock, reconnectEveryMs, stopped.signal))) return;
        next = await reopen();
      }
      stream = next;
    }
  };

  const following = followOn(await open());
  return {
    [Symbol.asyncDispose]: async () => {
      stopped.abort();
      await following;
    },
  };
};

/** Between two questions; each costs a local engine well under a millisecond. */
const askEveryMs = 2_000;

/**
 * Asks the engine again and again whether it answers, for not every absence breaks the connections there are: a socket's
 * file can be gone, an engine can be stuck, a network can swallow everything.
 *
 * @param onSilence called once, with the error
 */
export const startHeartbeat = (
  connection: DockerConnection,
  clock: Clock,
  onSilence: (error: unknown) => void,
): Disposable =>
  repeat(clock, askEveryMs, async (stopped) => {
    const overdue = new AbortController();
    const alarm = clock.alarm(clock.now() + answerWithinMs, () => overdue.abort());
    try {
      await ping(connection, AbortSignal.any([stopped, overdue.signal]));
      return askEveryMs;
    } catch (error) {
      if (!stopped.aborted) onSilence(error);
      return null;
    } finally {
      alarm.cancel();
    }
  });
