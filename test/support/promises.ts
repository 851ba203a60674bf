import type { whenReady } from './state-home.ts';

type Caller = Awaited<ReturnType<typeof whenReady>>;

/** What a client may count on, from what it has been answered. */
type Holding = {
  readonly instanceId: string;
  readonly token: string;
  /** When the claim was asked for: its lease has not begun before. Real milliseconds. */
  readonly askedAt: number;
  /** `spawning` and `releasing` were asked for and have not been answered. */
  phase: 'claimed' | 'spawning' | 'running' | 'releasing';
};

const leaseMs = 10_000;

/** Clients of one function that write down what they were promised, and hold its emulators to it. */
export class Promises {
  readonly #holdings = new Set<Holding>();
  #tokens = 0;
  /** How often what was promised by an emulator that was killed was kept by the next, by kind. */
  readonly kept = { claims: 0, runs: 0, expired: 0 };

  /** Clients claim, spawn and release, and keep some of what they have, until the emulator stops answering. */
  async loadUntilDeath(caller: Caller, clients: number): Promise<void> {
    const work = async (place: number): Promise<void> => {
      for (let round = place; ; round += 1) {
        const holding = await this.#claim(caller);
        if (holding !== null && round % 4 !== 0) await this.#spawn(caller, holding);
        if (round % 3 !== 0) for (const held of [...this.#holdings].slice(0, 2)) await this.#release(caller, held);
      }
    };
    const ends = await Promise.allSettled(Array.from({ length: clients }, (_, place) => work(place)));
    for (const end of ends) if (end.status === 'rejected' && !isLostConnection(end.reason)) throw end.reason;
  }

  /** What is held is not granted, to any claim now. */
  async refuseDoubleGrants(caller: Caller, claims: number): Promise<void> {
    const held = [...this.#holdings];
    const granted = await Promise.all(Array.from({ length: claims }, () => this.#claim(caller)));
    for (const mine of granted) {
      if (mine === null) continue;
      const other = held.find(({ instanceId, phase }) => instanceId === mine.instanceId && phase !== 'releasing');
      if (other !== undefined && !mayHaveEnded(other)) throw new BrokenPromise('was granted twice', other);
      await this.#release(caller, mine);
    }
  }

  /** What was promised before is kept: each claim can be spawned or is past its lease, each run can be released. */
  async collect(caller: Caller): Promise<void> {
    await Promise.all([...this.#holdings].map((holding) => this.#collectOne(caller, holding)));
  }

  async #collectOne(caller: Caller, holding: Holding): Promise<void> {
    const { phase, instanceId, token } = holding;
    if (phase === 'claimed') {
      const { status, detail = '' } = await caller.spawn(instanceId, {}, token);
      if (status !== 200) return this.#expire(holding, status, detail);
      this.kept.claims += 1;
    }
    const { status, detail = '' } = await caller.release(instanceId, token);
    if (status !== 200 && phase === 'spawning') return this.#expire(holding, status, detail);
    // A release that was not answered may have been done.
    if (status !== 200 && phase !== 'releasing')
      throw new BrokenPromise(`release answered ${status} ${detail}`, holding);
    if (phase === 'running') this.kept.runs += 1;
    this.#holdings.delete(holding);
  }

  #expire(holding: Holding, status: number, detail: string): void {
    if (status !== 403 || !mayHaveEnded(holding))
      throw new BrokenPromise(`spawn or release answered ${status} ${detail}`, holding);
    this.kept.expired += 1;
    this.#holdings.delete(holding);
  }

  async #claim(caller: Caller): Promise<Holding | null> {
    this.#tokens += 1;
    const token = `token-${this.#tokens}`;
    const askedAt = performance.now();
    const { status, data, detail } = await caller.claim(token);
    if (status === 504) return null;
    if (status !== 200) throw new Error(`claim answered ${status} ${detail}`);
    const { instance_id: instanceId } = data as { instance_id: string };
    const holding: Holding = { instanceId, token, askedAt, phase: 'claimed' };
    this.#holdings.add(holding);
    return holding;
  }

  async #spawn(caller: Caller, holding: Holding): Promise<void> {
    if (holding.phase !== 'claimed') return;
    holding.phase = 'spawning';
    const { status, detail = '' } = await caller.spawn(holding.instanceId, { RUN: holding.token }, holding.token);
    if (status === 200) holding.phase = 'running';
    else this.#expire(holding, status, detail);
  }

  async #release(caller: Caller, holding: Holding): Promise<void> {
    if (holding.phase !== 'claimed' && holding.phase !== 'running') return;
    const wasRunning = holding.phase === 'running';
    holding.phase = 'releasing';
    const { status, detail = '' } = await caller.release(holding.instanceId, holding.token);
    if (status !== 200 && wasRunning) throw new BrokenPromise(`release answered ${status} ${detail}`, holding);
    if (status !== 200) return this.#expire(holding, status, detail);
    this.#holdings.delete(holding);
  }
}

/** Says so with all that is known of it. */
class BrokenPromise extends Error {
  constructor(what: string, { instanceId, phase, askedAt }: Holding) {
    const age = Math.round(performance.now() - askedAt);
    super(`Instance ${instanceId}, ${phase}, claimed ${age} ms ago: ${what}`);
  }
}

/** What `fetch` says of a server that was killed, also in the midst of an answer. */
const isLostConnection = (reason: unknown): boolean =>
  reason instanceof TypeError && ['fetch failed', 'terminated'].includes(reason.message);

const mayHaveEnded = ({ askedAt }: Holding): boolean => performance.now() - askedAt >= leaseMs;
