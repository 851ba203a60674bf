import { createHash } from 'node:crypto';
import type { RuntimeEvent } from '../runtime/port.ts';
import { Bell } from '../shared/async.ts';
import type { Clock } from '../shared/clock.ts';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
import { type ContainerId, type InstanceId, isObjectId } from '../shared/ids.ts';
import type { Fault } from '../stack/model.ts';
import type { EffectType, FaultEffect, FaultMatch, FaultOperation } from '../stack/stack-faults.ts';

/** A moment at which a fault may fire: a request, or a step in a container's life. */
export type Moment = {
  /** Null for what happens to a container, not to a request. */
  readonly operation: FaultOperation | null;
  /** As the caller wrote it: it may be no container at all. */
  readonly containerId: string;
  readonly instanceId: string | null;
  readonly token: string | null;
};

/** Whether a moment is of the kind that a fault is for, how often and how likely apart. */
const fits = (match: FaultMatch, moment: Moment, functionName: string | undefined): boolean =>
  (match.operation === undefined || match.operation === moment.operation) &&
  (match.function === undefined || match.function === functionName || match.function === moment.containerId) &&
  (match.token === undefined || (moment.token !== null && fitsPattern(match.token, moment.token)));

/** Whether a text is a pattern's, in which `*` stands for any text. In one pass, for any two texts. */
export const fitsPattern = (pattern: string, text: string): boolean => {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return text === pattern;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found === -1 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
};

/**
 * A number from 0 to below 1 that follows from its arguments alone: the nth draw of a fault. So draws repeat from run
 * to run, beside any other faults and moments.
 */
const draw = (seed: number, id: string, nth: number): number =>
  createHash('sha256').update(`${seed}\0${id}\0${nth}`).digest().readUInt32BE() / 2 ** 32;

/** A fault as it stands: what it is, and what has become of it. */
export type ArmedFault = {
  readonly id: string;
  readonly match: FaultMatch;
  readonly effect: FaultEffect;
  /** How often it has fired. */
  readonly fired: number;
};

/** The faults that a user sets. Removing one ends what it still holds up: delays, exhausted pools, an absent Docker. */
export interface Faults {
  /** Arms a fault and answers its ID. */
  add(fault: Fault): string;
  /** False where there is no such fault. */
  remove(id: string): boolean;
  list(): readonly ArmedFault[];
  clear(): void;
}

/** An effect that is to happen now. */
export type Hit<Type extends EffectType = EffectType> = {
  readonly id: string;
  readonly effect: Extract<FaultEffect, { readonly type: Type }>;
  /** Aborts when the fault is removed: what it holds up then goes on. */
  readonly removed: AbortSignal;
};

/** One that its moment has, and that may still not happen: until it is settled, it counts for its fault's `times`. */
export type PlannedHit<Type extends EffectType = EffectType> = Hit<Type> & {
  /** Says, once, whether it has happened: if so, its fault has fired. */
  readonly settle: (hasHappened: boolean) => void;
};

/** What the seams ask, where a fault may take hold. */
export interface FaultSource {
  readonly clock: Clock;
  /** The token that an instance is claimed with: its container knows none, and a fault may be for one. */
  holderOf(instanceId: InstanceId): string | null;
  /** Whether any fault has this effect: to be asked before what is dear. */
  isArmed(type: EffectType): boolean;
  /** The effects of these types that happen at a moment, in the order of their faults. */
  all<Type extends EffectType>(types: readonly Type[], moment: Moment): readonly Hit<Type>[];
  /** The first of them, where one rules out the others. */
  first<Type extends EffectType>(types: readonly Type[], moment: Moment): Hit<Type> | null;
  /** The same, for effects that may be forestalled. */
  plan<Type extends EffectType>(types: readonly Type[], moment: Moment): PlannedHit<Type> | null;
}

type FaultsOptions = {
  /** Decides which moments a probability hits; 0 without it. */
  readonly seed?: number;
  /** Armed from the start, and again by `reset`. */
  readonly faults?: readonly Fault[];
  readonly clock: Clock;
  readonly onFire: (event: FaultEvent) => void;
  /** The stack's name of a function; undefined where the container is none. */
  readonly nameOf?: (containerId: string) => string | undefined;
  readonly holderOf?: FaultSource['holderOf'];
};

export type FaultsInForce = Faults &
  FaultSource & {
    /** Back to the faults of the start, as if nothing had happened yet; or to those of a stack that has changed. */
    reset(changed?: { readonly seed: number; readonly faults: readonly Fault[] }): void;
  };

type Arming = Omit<ArmedFault, 'fired'> & {
  readonly removal: AbortController;
  /** How many moments fitted. */
  met: number;
  /** How many of its hits are not settled. */
  planned: number;
  fired: number;
};

/** Faults that take hold wherever a seam asks for them: a middleware, a decorator of the runtime, one of the service. */
export const createFaults = (options: FaultsOptions): FaultsInForce => {
  const { clock, onFire, nameOf = () => undefined, holderOf = () => null } = options;
  let { seed = 0, faults = [] } = options;
  const armed = new Map<string, Arming>();
  let named = 0;

  const nextId = (): string => {
    do named += 1;
    while (armed.has(`fault-${named}`) || faults.some(({ id }) => id === `fault-${named}`));
    return `fault-${named}`;
  };

  const add = ({ id = nextId(), match = {}, effect }: Fault): string => {
    if (armed.has(id)) throw toDuplicate(id);
    armed.set(id, { id, match, effect, removal: new AbortController(), met: 0, planned: 0, fired: 0 });
    return id;
  };

  const remove = (id: string): boolean => {
    const fault = armed.get(id);
    armed.delete(id);
    fault?.removal.abort();
    return fault !== undefined;
  };

  const clear = (): void => {
    for (const id of [...armed.keys()]) remove(id);
  };

  const reset: FaultsInForce['reset'] = (changed) => {
    if (changed !== undefined) ({ seed, faults } = changed);
    clear();
    named = 0;
    for (const fault of faults) add(fault);
  };

  /** Every fault counts the moment, also where another will rule it out: so `nth` is independent of other faults. */
  const due = (types: readonly EffectType[], moment: Moment): readonly Arming[] => {
    if (armed.size === 0) return [];
    const name = nameOf(moment.containerId);
    return [...armed.values()]
      .filter(({ effect }) => types.includes(effect.type))
      .filter((fault) => {
        if (!fits(fault.match, moment, name)) return false;
        fault.met += 1;
        const { nth = fault.met, probability = 1, times = Number.POSITIVE_INFINITY } = fault.match;
        const taken = fault.fired + fault.planned;
        return fault.met === nth && taken < times && draw(seed, fault.id, fault.met) < probability;
      });
  };

  const fire = (fault: Arming, { containerId, instanceId }: Moment): void => {
    fault.fired += 1;
    const { id, effect } = fault;
    onFire({
      name: 'fault.fired',
      at: clock.now(),
      id,
      effect: effect.type,
      // Anything that is no ID may be any text of a caller, a token for instance.
      containerId: isObjectId(containerId) ? (containerId as ContainerId) : null,
      instanceId: instanceId !== null && isObjectId(instanceId) ? (instanceId as InstanceId) : null,
    });
  };

  const plan = <Type extends EffectType>(fault: Arming, moment: Moment): PlannedHit<Type> => {
    const { id, effect, removal } = fault;
    fault.planned += 1;
    const settle = (hasHappened: boolean): void => {
      fault.planned -= 1;
      if (hasHappened) fire(fault, moment);
    };
    return { id, effect: effect as Hit<Type>['effect'], removed: removal.signal, settle };
  };

  const strike = <Type extends EffectType>(fault: Arming, moment: Moment): Hit<Type> => {
    const { settle, ...hit } = plan<Type>(fault, moment);
    settle(true);
    return hit;
  };

  reset();
  return {
    clock,
    holderOf,
    add,
    remove,
    clear,
    reset,
    list: () => [...armed.values()].map(({ id, match, effect, fired }) => ({ id, match, effect, fired })),
    isArmed: (type) => [...armed.values()].some(({ effect }) => effect.type === type),
    all: (types, moment) => due(types, moment).map((fault) => strike(fault, moment)),
    first: (types, moment) => {
      const [fault] = due(types, moment);
      return fault === undefined ? null : strike(fault, moment);
    },
    plan: (types, moment) => {
      const [fault] = due(types, moment);
      return fault === undefined ? null : plan(fault, moment);
    },
  };
};

const toDuplicate = (id: string): EmulatorError =>
  new EmulatorError(
    errorCodes.badOption,
    `Failed to add fault ${JSON.stringify(id)}: another fault has this ID. Remove that fault, or choose another ID.`,
  );

/** A fault has fired, with as much of its cause as is known. */
export type FaultEvent = {
  readonly name: 'fault.fired';
  readonly at: number;
  readonly id: string;
  readonly effect: EffectType;
  /** Null where the request named no container of ours. */
  readonly containerId: ContainerId | null;
  /** Null where it was not about one instance. */
  readonly instanceId: InstanceId | null;
};

/**
 * Whether the container runtime can be reached, with two reasons why not: it is truly away, or a fault keeps it away.
 * Listeners get one event of an absence and one of the return, however the two overlap.
 */
export class Absence {
  readonly #emit: (event: RuntimeEvent) => void;
  #truly: string | null = null;
  #byFault: string | null = null;
  readonly #back = new Bell();

  constructor(emit: (event: RuntimeEvent) => void) {
    this.#emit = emit;
  }

  /** Why a fault keeps the runtime away; null while none does. */
  get byFault(): string | null {
    return this.#byFault;
  }

  /** @throws EmulatorError `dockerUnreachable` while a fault keeps the runtime away */
  refuse(): void {
    if (this.#byFault === null) return;
    throw new EmulatorError(
      errorCodes.dockerUnreachable,
      `Failed to reach the container runtime: ${this.#byFault}. Wait until it is back, or remove the fault.`,
    );
  }

  /** Resolves once no fault keeps the runtime away. */
  async overFault(): Promise<void> {
    while (this.#byFault !== null) await this.#back.rings;
  }

  begin(reason: string): void {
    this.#byFault = reason;
    if (this.#truly === null) this.#emit({ type: 'unavailable', reason });
  }

  end(): void {
    this.#byFault = null;
    this.#back.ring();
    if (this.#truly === null) this.#emit({ type: 'available' });
  }

  /** What the runtime itself says. */
  on(event: RuntimeEvent): void {
    const isPresence = event.type === 'available' || event.type === 'unavailable';
    if (isPresence) this.#truly = event.type === 'unavailable' ? event.reason : null;
    if (!isPresence || this.#byFault === null) this.#emit(event);
  }
}
