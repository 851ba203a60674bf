import { type EmulatorEvent, type Logged, type Schemas, stateAfter } from './model.ts';

type Instance = Schemas['Instance'];

export const busyPhases = ['claimed', 'starting', 'running', 'stopping'] as const;

export type Phase = (typeof busyPhases)[number];

/** What an instance was busy with; times are milliseconds of the emulator's clock. */
export type Segment = {
  readonly phase: Phase;
  readonly from: number;
  /** Null while it goes on. */
  to: number | null;
  /** Known from the state alone: events of before may still come and say more. */
  readonly isProvisional: boolean;
  /** How it ended is not known, since events were missed. */
  isTorn: boolean;
};

export type MarkKind = 'fault' | 'refusal' | 'kill' | 'failure' | 'end' | 'check' | 'wait';

/** Something that happened at one time, as it is to be read. */
export type Mark = { readonly kind: MarkKind; readonly at: number; readonly text: string };

/** An instance that was used, or what happened to a function without one, in time. */
export type Lane = {
  /** The instance's ID, or else the function's container ID. */
  readonly id: string;
  readonly containerId: string;
  name: string;
  segments: Segment[];
  marks: Mark[];
  /** When an event was last about it; null where its present phase is not known from events. */
  changedAt: number | null;
};

const killedBySignal9 = 137;

const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';
const because = ({ reason }: EmulatorEvent): string => (textOf(reason) === '' ? '' : `: ${textOf(reason)}`);

/** The last lines of its output say that it failed by itself: it was not stopped. */
const toEnd = ({ exit }: EmulatorEvent): Omit<Mark, 'at'> => {
  const { code, out_of_memory: outOfMemory, last_lines: lines } = (exit ?? {}) as Readonly<Record<string, unknown>>;
  if (outOfMemory === true) return { kind: 'kill', text: 'killed for lack of memory' };
  if (code === killedBySignal9) return { kind: 'kill', text: 'killed, exit code 137' };
  const text = textOf(code) === '' ? 'ended, exit code unknown' : `ended, exit code ${textOf(code)}`;
  return { kind: lines === undefined ? 'end' : 'failure', text };
};

const toRequest = (event: EmulatorEvent): Omit<Mark, 'at'> | null => {
  if (event['ending'] === 'no_error') return null;
  const request = [event['method'], event['path'], event['status']].map(textOf).join(' ');
  return { kind: 'refusal', text: `${request}${because(event)}` };
};

const meanings: Readonly<Record<string, (event: EmulatorEvent) => Omit<Mark, 'at'> | null>> = {
  'instance.claim-expired': () => ({ kind: 'refusal', text: 'the lease ended without a spawn' }),
  'instance.ended': toEnd,
  'instance.ready': () => ({ kind: 'check', text: 'ready' }),
  'container.instance.function.max_runtime': () => ({ kind: 'kill', text: 'stopped at max_runtime' }),
  'container.instance.start.failed': (event) => ({ kind: 'failure', text: `did not start${because(event)}` }),
  'container.instance.error': (event) => ({ kind: 'failure', text: `no container${because(event)}` }),
  'container.instance.healthcheck.failed': (event) => ({ kind: 'check', text: `health check failed${because(event)}` }),
  'container.instance.healthcheck.recovered': () => ({ kind: 'check', text: 'healthy again' }),
  'container.instance.healthcheck.restarted': (event) => ({
    kind: 'kill',
    text: `ended for its health${because(event)}`,
  }),
  'claim.queued': () => ({ kind: 'wait', text: 'a claim waits in line' }),
  'claim.timed-out': () => ({ kind: 'refusal', text: 'a claim waited too long' }),
  'claim.abandoned': () => ({ kind: 'refusal', text: 'a caller left the line' }),
  'claim.dismissed': () => ({ kind: 'refusal', text: 'a claim was sent away' }),
  'fault.fired': ({ id, effect }) => ({ kind: 'fault', text: `fault ${textOf(id)}: ${textOf(effect)}` }),
  'linked.request': toRequest,
};

/** What an event says beside the state that it leads to; null where that is all. */
const toMark = (event: EmulatorEvent, at: number): Mark | null => {
  const meaning = Object.hasOwn(meanings, event.name) ? meanings[event.name]?.(event) : null;
  return meaning ? { at, ...meaning } : null;
};

/** Why a request of the Scheduler API was refused; null where it was not, or where an event says it. */
const toRefusal = ({ origin, operation, path, status, code, fault }: Logged): string | null => {
  if (origin === 'linked' || (status !== null && status < 400)) return null;
  // The line says it: `claim.timed-out`, `claim.dismissed`, `claim.abandoned`.
  if (operation === 'claimInstance' && fault === undefined && (status ?? 500) >= 500) return null;
  return `${operation ?? path}: ${code ?? status ?? 'its caller left'}`;
};

/** Events after which an instance is busy no more, though they name no state. */
const endings = ['instance.claim-expired', 'container.instance.start.failed', 'container.instances.autoscale.down'];

/** Into which phase an event leads: null where the instance is busy no more, undefined where it leads into none. */
const phaseAfter = (name: string): Phase | null | undefined => {
  const state = stateAfter.get(name);
  if (state === undefined) return endings.includes(name) ? null : undefined;
  return busyPhases.find((phase) => phase === state) ?? null;
};

/**
 * What each instance was busy with and what happened to it, from events and the state: events in their order, the state
 * where they begin in the middle or some were missed. Bounded: the oldest go first.
 */
export class Timeline {
  readonly #limits: { readonly items: number; readonly lanes: number };
  readonly #lanes = new Map<string, Lane>();
  /** How many segments and marks there are at most. */
  #items = 0;
  #session: string | null = null;
  /** The IDs of functions and instances that there are. */
  #present: ReadonlySet<string> = new Set();
  #cursor = 0;
  #request = 0;
  /** The latest time that is known of. */
  latest = Number.NEGATIVE_INFINITY;
  /** Before it, items were dropped; null where none were. */
  droppedUntil: number | null = null;
  /** Times between which events were missed, the last hundred. */
  readonly gaps: { readonly from: number; readonly to: number }[] = [];

  constructor(limits = { items: 20_000, lanes: 2_000 }) {
    this.#limits = limits;
  }

  /** In the order in which they were first used. */
  get lanes(): Iterable<Lane> {
    return this.#lanes.values();
  }

  lane(id: string): Lane | undefined {
    return this.#lanes.get(id);
  }

  /** An event that came before, by its cursor, changes nothing. */
  take(event: EmulatorEvent): void {
    const { name, container_id: containerId, instance_id: instanceId, cursor } = event;
    const parsed = Date.parse(event.at);
    const at = Number.isNaN(parsed) ? this.latest : parsed;
    if (typeof cursor !== 'number' || cursor <= this.#cursor || at === Number.NEGATIVE_INFINITY) return;
    if (this.#cursor > 0 && cursor > this.#cursor + 1) this.#missUntil(at);
    this.#cursor = cursor;
    this.latest = Math.max(this.latest, at);
    if (typeof containerId !== 'string') return;
    // A fault may fire for an instance that a caller made up.
    const isInstance = typeof instanceId === 'string' && (name !== 'fault.fired' || this.#isKnown(instanceId));
    const id = isInstance ? instanceId : containerId;
    const phase = phaseAfter(name);
    if (phase !== undefined) this.#enter(id, containerId, phase, at);
    const mark = toMark(event, at);
    const lane = mark === null ? this.#lanes.get(id) : this.#laneOf(id, containerId);
    if (lane !== undefined && mark !== null) this.#keepMark(lane, mark);
    if (lane !== undefined && phase !== undefined) lane.changedAt = at;
  }

  /** Marks a request that was refused, once, at its instance or else at its function, if there is such. */
  takeRequest(request: Logged): void {
    const { id, at, container, instance } = request;
    if (id <= this.#request) return;
    this.#request = id;
    const text = toRefusal(request);
    if (text === null || container === null) return;
    const lane = instance ?? container;
    if (this.#isKnown(lane))
      this.#keepMark(this.#laneOf(lane, container), { kind: 'refusal', at: Date.parse(at), text });
  }

  #isKnown(id: string): boolean {
    return this.#present.has(id) || this.#lanes.has(id);
  }

  /** Adds what instances are busy with of which no event has said it, and names them. */
  takeState({ session, clock, functions }: Schemas['State']): void {
    const now = Date.parse(clock.now);
    if (this.#session !== null && this.#session !== session) this.#restart(now);
    this.#session = session;
    this.latest = Math.max(this.latest, now);
    for (const { container_id: containerId, instances } of functions)
      for (const instance of instances) this.#takeInstance(instance, containerId);
    this.#present = new Set(
      functions.flatMap(({ container_id, instances }) => [container_id, ...instances.map(({ id }) => id)]),
    );
    for (const { id, containerId, changedAt } of this.#lanes.values()) {
      // One that an event has named since may be younger than this state.
      if (!this.#present.has(id) && (changedAt ?? 0) < now) this.#enter(id, containerId, null, now);
    }
  }

  #takeInstance(instance: Instance, containerId: string): void {
    const { id, hostname, since, state } = instance;
    const isKnown = typeof this.#lanes.get(id)?.changedAt === 'number';
    if (!isKnown)
      this.#enter(id, containerId, busyPhases.find((phase) => phase === state) ?? null, Date.parse(since), true);
    const lane = this.#lanes.get(id);
    if (lane !== undefined) lane.name = hostname;
  }

  #enter(id: string, containerId: string, phase: Phase | null, at: number, isProvisional = false): void {
    const segments = this.#lanes.get(id)?.segments;
    const open = segments?.at(-1);
    if (segments !== undefined && open?.to === null) {
      if (open.phase === phase && open.from === at) return;
      if (open.isProvisional && at <= open.from) segments.pop();
      else open.to = Math.max(open.from, at);
    }
    if (phase === null) return;
    const lane = this.#laneOf(id, containerId);
    lane.segments.push({ phase, from: at, to: null, isProvisional, isTorn: false });
    this.#bound();
  }

  #laneOf(id: string, containerId: string): Lane {
    const known = this.#lanes.get(id);
    if (known !== undefined) return known;
    const [oldest] = this.#lanes.keys();
    if (this.#lanes.size >= this.#limits.lanes && oldest !== undefined) {
      this.#lanes.delete(oldest);
      this.droppedUntil = this.latest;
    }
    const lane: Lane = { id, containerId, name: id, segments: [], marks: [], changedAt: null };
    this.#lanes.set(id, lane);
    return lane;
  }

  /** In the order of time: requests are heard of later than events. */
  #keepMark(lane: Lane, mark: Mark): void {
    lane.marks.splice(lane.marks.findLastIndex(({ at }) => at <= mark.at) + 1, 0, mark);
    this.#bound();
  }

  /** The oldest go, a tenth at a time: to find them for each would be dear. What goes on stays. */
  #bound(): void {
    this.#items += 1;
    if (this.#items <= this.#limits.items) return;
    const lanes = [...this.#lanes.values()];
    const ends = lanes.flatMap(({ segments, marks }) => [
      ...segments.map(({ to }) => to),
      ...marks.map(({ at }) => at),
    ]);
    const past = ends.filter((end) => end !== null).sort((one, other) => one - other);
    const excess = ends.length - Math.floor(this.#limits.items * 0.9);
    const until = past[Math.min(excess, past.length) - 1];
    if (until !== undefined) {
      for (const lane of lanes) {
        lane.segments = lane.segments.filter(({ to }) => to === null || to > until);
        lane.marks = lane.marks.filter(({ at }) => at > until);
      }
      this.droppedUntil = Math.max(this.droppedUntil ?? until, until);
    }
    this.#items = lanes.reduce((sum, { segments, marks }) => sum + segments.length + marks.length, 0);
  }

  #missUntil(at: number): void {
    this.gaps.push({ from: this.latest, to: at });
    if (this.gaps.length > 100) this.gaps.shift();
    this.#tear();
  }

  /** What goes on may have ended since: the next event or state says it. */
  #tear(): void {
    for (const lane of this.#lanes.values()) {
      lane.changedAt = null;
      const open = lane.segments.at(-1);
      if (open?.to !== null) continue;
      open.to = Math.max(open.from, this.latest);
      open.isTorn = true;
    }
  }

  /** Another emulator has taken the place of the one before: its cursors begin at 1, and its clock may show less. */
  #restart(now: number): void {
    this.#cursor = 0;
    this.#request = 0;
    if (now >= this.latest) return this.#tear();
    this.#lanes.clear();
    this.#items = 0;
    this.gaps.length = 0;
    this.droppedUntil = null;
    this.latest = now;
  }
}
