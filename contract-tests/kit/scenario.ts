import { fieldOf, textOf } from '../model/json.ts';
import { CaseFailed } from '../model/result.ts';
import type { ReceivedReport } from './callback.ts';
import { expiryMs } from './limits.ts';
import { Listing } from './listing.ts';
import {
  type Answer,
  apartMs,
  type Claim,
  describe,
  grantedTo,
  type Held,
  instanceOf,
  type Pending,
  toClaim,
  type Variables,
  watch,
} from './requests.ts';
import { documented, rules } from './rules.ts';

/** A function whose instances are all held by the case. */
type Exhaustion = {
  readonly held: readonly Claim[];
  /** With those that earlier cases have left claimed. */
  readonly capacity: number;
  /** What the claim got that found none; null where it was not answered. */
  readonly refusal: Answer | null;
  /** It was not refused at once. */
  readonly hasWaited: boolean;
};

/** What a case works with: claims that wait in line, functions with all their instances taken, functions that report. */
export class Scenario extends Listing {
  /** Like claimUpTo; where some are missing, gives back the others and claims once more after `ms`. */
  async claimInTheEnd(count: number, ms: number): Promise<readonly Claim[]> {
    const held = await this.claimUpTo(count);
    if (held.length >= count) return held;
    await this.giveAllBack(held);
    await this.pass(ms);
    return await this.claimUpTo(count);
  }

  /** Sends a claim without waiting for its answer. */
  beginClaim(token = this.freshToken(), container = this.container): Pending {
    const caller = new AbortController();
    const request = { operation: 'claimInstance', container, body: { token }, signal: caller.signal } as const;
    const reply = this.trySend(request);
    return { token, reply, isAnswered: watch(reply), hangUp: () => caller.abort() };
  }

  /** Time for a claim to reach the line, or for the target to notice that its caller has left. */
  async arrive(): Promise<void> {
    await this.pause(arrivalMs);
  }

  /** A claim that is in line; skips where the target refuses it at once. */
  async joinLine(token = this.freshToken()): Promise<Pending> {
    const isRefusedAtOnce = this.run.answers.get('exhausted-pool')?.behaviour === 'at-once';
    if (isRefusedAtOnce) this.skip('not judged: a claim that finds no instance does not wait here');
    const waiting = this.beginClaim(token);
    await this.arrive();
    if (!waiting.isAnswered()) return waiting;
    const reply = await waiting.reply;
    const came = reply.failure === undefined ? describe(reply) : reply.reason;
    return this.skip(`not judged: a claim that was to wait in line was answered at once, ${came}`);
  }

  /**
   * What came to a claim in line for which something was to become free: the instance, or a phrase for its lack. A claim
   * that was refused before anything was free has only waited for as long as the function lets it, and is not judged.
   */
  async waitForGrant(waiting: Pending): Promise<{ instance: string | null; came: string }> {
    // At once, not at the next look: what follows a refusal shows whether anything was free by then.
    const isAnswered = await Promise.race([waiting.reply.then(() => true), this.until(waiting.isAnswered)]);
    if (!isAnswered) await this.leaveLine([waiting]);
    const reply = await waiting.reply;
    if (!isAnswered || reply.failure !== undefined) return { instance: null, came: 'no answer' };
    const instance = instanceOf(reply);
    if (instance !== null) return { instance, came: instance };
    const next = await this.tryClaim();
    const isFree = 'instance' in next && next.answer.durationMs <= atOnceMs;
    if (!isFree) this.skip('not judged: the time in line was over before an instance was free');
    return { instance: null, came: `${describe(reply)}, while the next claim is granted` };
  }

  /**
   * Hangs up on the claims that still wait, and gives the target time to notice: a caller that it takes to be in line would
   * be granted what is given back next.
   */
  async leaveLine(claims: readonly Pending[]): Promise<void> {
    const waiting = claims.filter((pending) => !pending.isAnswered());
    if (waiting.length > 0) this.noteHangUp();
    for (const pending of waiting) pending.hangUp();
    await Promise.all(claims.map(({ reply }) => reply));
    if (waiting.length > 0) await this.arrive();
  }

  /** Claims while all instances are taken: what comes within half a second comes from those that are. */
  async claimOneMore(): Promise<string | null> {
    const further = this.beginClaim();
    await this.until(further.isAnswered, Math.min(this.run.settleMs, 500));
    await this.leaveLine([further]);
    return await grantedTo(further);
  }

  /**
   * Reserves all instances of the function, as many as an earlier case has counted; counts them where none has. Skips where
   * there is none.
   */
  async holdAll(): Promise<readonly [Claim, ...Claim[]]> {
    const { capacities, isExclusive } = this.run;
    const capacity = capacities.get(this.container) ?? (await this.#countInstances());
    if (capacity > mostInstances) this.skip(tooMany);
    await this.outlastOwnLeases(this.container);
    // What is not free at once, such as what was kept for a caller that hung up, is so after ten seconds.
    const held = await this.claimInTheEnd(capacity, expiryMs);
    if (held.length < capacity && !isExclusive) this.skip('others may hold instances of the function');
    // The cases that follow are judged by what is left: one cause gives one finding.
    capacities.set(this.container, held.length);
    const came = String(held.length);
    this.require(held.length === capacity, { ...rules.available, expected: `${capacity} instances, as before`, came });
    const [first, ...others] = held;
    if (first === undefined) return this.skip('not judged: the function has no instance that can be claimed');
    return [first, ...others];
  }

  /** Like holdAll, for cases that need two of them. */
  async holdTwo(): Promise<readonly [Claim, Claim, ...Claim[]]> {
    const [one, other, ...others] = await this.holdAll();
    if (other === undefined) return this.skip('the function has fewer than two instances');
    return [one, other, ...others];
  }

  /** Instances are found at addresses of their own. */
  checkAddresses(claims: readonly Claim[]): void {
    for (const path of [['ipv6', 'ip'], ['legacy', 'ipv4', 'ip'], ['mac_addr']]) {
      const found = claims.flatMap(({ answer }) => textOf(fieldOf(answer.data, 'environment', ...path)) ?? []);
      this.checkDistinct(found, rules.addresses, `different values of ${path.join('.')}`);
    }
  }

  /** Claims every instance, to know that there is no further one; afterwards all are free again, runs included. */
  async #countInstances(): Promise<number> {
    const { held, capacity } = await this.exhaust();
    await this.giveAllBack(held);
    return capacity;
  }

  /** How many instances the function has, all of which are free afterwards. */
  async countFree(): Promise<number> {
    const held = await this.holdAll();
    await this.giveAllBack(held);
    return held.length;
  }

  /**
   * Claims until no instance is free. Those held are spawned before the last claim's wait, since a line may be longer than
   * a lease. Skips where there are too many, or where the function ends by itself and frees what it held.
   */
  async exhaust(): Promise<Exhaustion> {
    const { container } = this;
    const { clock, capacities, settleMs } = this.run;
    // Where waiting takes real time, what earlier cases have left is counted as it is: no claim is granted it meanwhile.
    if (clock.isMovable) await this.outlastOwnLeases(container);
    const now = clock.now();
    const left = this.leftClaimed(container).filter(({ grantedAt }) => now - grantedAt < expiryMs);
    const held: Claim[] = [];
    let refused: Refused | null = null;
    while (held.length < mostInstances) {
      const askedAt = clock.now();
      const { reply, claimed } = await this.#claimInLine(held);
      if (claimed !== null) {
        const { instance } = claimed;
        if (held.some((one) => one.instance === instance)) await this.#judgeRepeated(held, instance);
        held.push(claimed);
        refused = null;
        continue;
      }
      const refusal = reply.failure === undefined ? reply : null;
      refused = noteRefusal(refused, { refusal, hasWaited: reply.durationMs > atOnceMs, since: askedAt });
      // What was given back a moment ago may come a while later: only who finds none all that time has them all.
      if (refusal === null || refusal.status < 400 || clock.now() - refused.since >= settleMs) {
        const capacity = new Set([...left, ...held].map(({ instance }) => instance)).size;
        capacities.set(container, capacity);
        return { held, capacity, ...refused };
      }
      await this.pause(pauseMs);
    }
    capacities.set(container, Number.POSITIVE_INFINITY);
    return this.skip(tooMany);
  }

  /** A claim that waits in line where none is free, and what it came to; a while after it a second one joins. */
  async #claimInLine(held: Claim[]) {
    const { clock, apart } = this.run;
    const { container } = this;
    const pending = this.beginClaim();
    const mayFollow = !clock.isMovable && held.length > 0;
    const next = mayFollow && !(await this.until(pending.isAnswered, apartMs)) ? this.beginClaim() : null;
    if (!(await this.until(pending.isAnswered))) await this.#outwait(held, pending);
    const reply = await pending.reply;
    if (next !== null) {
      const second = await next.reply;
      const granted = toClaim(container, next.token, second);
      // How much longer than the first the second in line has waited; where something came free it holds that.
      if (granted === null) apart.set(container, apartMs + second.durationMs - reply.durationMs);
      else held.push(granted);
    }
    return { reply, claimed: toClaim(container, pending.token, reply) };
  }

  #isIn(phase: 'claimed' | 'spawned', { container, instance, token }: Held): boolean {
    return this.run.holdings.find(container, instance, token)?.phase === phase;
  }

  /** Holds on to what is held for as long as the pending claim waits. What ends by itself is held better by its claim. */
  async #outwait(held: readonly Claim[], pending: Pending): Promise<void> {
    const claimed = this.run.endsByItself ? [] : held.filter((one) => this.#isIn('claimed', one));
    await Promise.all(claimed.map((one) => this.sendSpawn(one)));
    if (this.run.clock.isMovable) await this.moveUntil(pending.reply);
  }

  /** An instance came a second time: its run has ended by itself, its lease has run out, or it was never really reserved. */
  async #judgeRepeated(held: readonly Claim[], instance: string): Promise<void> {
    const { rule } = rules.grantedOnce;
    // That it was reserved has been found when it came.
    if (this.checks.some((check) => !check.met && check.rule === rule)) throw new CaseFailed(rule);
    const first = held.find((one) => one.instance === instance);
    const isRunning = first !== undefined && this.#isIn('spawned', first) && !(await this.becomesListed(first, false));
    this.require(!isRunning, {
      ...documented('Claim grants an instance at work to no other caller.', 'claim'),
      expected: 'an instance that is free',
      came: `${instance}, which this case holds`,
    });
    this.skip(
      'the function’s instances cannot be held: their runs end by themselves, or their leases while others are claimed',
    );
  }

  /**
   * Spawns with the variables that make the probe report, and waits until it has. Where the first function asked says
   * nothing, it may be none that reports: then the case is skipped, and those after it.
   */
  async spawnProbe(claimed: Claim, variables: Variables = {}): Promise<ProbeRun> {
    const { callback, settleMs } = this.run;
    const receiver = (await callback.receiver()) ?? this.skip(callback.obstacle ?? 'it needs a callback URL');
    const id = claimed.token;
    await this.spawn(claimed, { ...variables, PROBE_CALLBACK_URL: receiver.url, PROBE_ID: id });
    const reports = () => receiver.reportsOf(id);
    const findStarted = () => reports().find(({ event }) => event === 'started');
    await this.until(() => findStarted() !== undefined);
    const started = findStarted();
    if (started !== undefined) {
      callback.noteReport();
      return { started, reports };
    }
    if (!callback.isCertain) {
      callback.noteSilence();
      return this.skip(callback.obstacle ?? '');
    }
    const came = `none within ${settleMs / 1_000} s of spawn’s answer`;
    return this.require(false, { ...rules.starts, expected: 'a report of the function’s start', came });
  }
}

/** A function at work that reports: fixtures/probe, started by a case. */
type ProbeRun = {
  /** What it said when it started. */
  readonly started: ReceivedReport;
  /** All it has said so far. */
  reports(): readonly ReceivedReport[];
};

type Refused = Pick<Exhaustion, 'refusal' | 'hasWaited'> & { readonly since: number };

/** The first of several refusals. A machine under load is slow once, and a line each time. */
const noteRefusal = (first: Refused | null, { hasWaited, ...now }: Refused): Refused => ({
  ...(first ?? now),
  hasWaited: hasWaited && (first?.hasWaited ?? true),
});

/** There is no telling from outside that a claim has reached the line, or that its caller's leaving has: only time. */
const arrivalMs = 120;

/** An answer that takes longer than that has been waited for. */
const atOnceMs = 200;

const pauseMs = 100;

/** More instances than that are not taken, not even to count them. */
const mostInstances = 64;
const tooMany = `the function has more than ${mostInstances} instances`;
