import { randomBytes } from 'node:crypto';
import type { QuestionName } from '../../src/profile/questions.ts';
import { isRecord, type JsonRecord } from '../model/json.ts';
import { type Operation, Postponed } from '../model/result.ts';
import { CaseRecord } from './case-record.ts';
import type { Holding } from './claim-tracker.ts';
import { expiryMs, leaseMs } from './limits.ts';
import {
  type Answer,
  type CaseRequest,
  type Claim,
  describe,
  type Held,
  isExhausted,
  type NoAnswer,
  spawnBody,
  toClaim,
  unknownId,
  type Variables,
  watch,
} from './requests.ts';
import { type Rule, rules, unlessItEnds } from './rules.ts';

type ClaimRequest = Pick<CaseRequest, 'container' | 'signal' | 'licence'> & { readonly token?: string };

/** What a caller of the API does, and what must come of it. `send…` asks and judges nothing but the answer's form. */
export class Actions extends CaseRecord {
  /** What the case holds of the target. */
  get held(): readonly Holding[] {
    return this.run.holdings.all.filter(({ owner }) => owner === this.id);
  }

  noteHangUp(): void {
    this.run.lastHangUp.at = this.run.clock.now();
  }

  /**
   * Asks until an instance is free, as far as time frees one: what could not be given back comes after its ten seconds, and
   * what was given back may come a while later. Answers what came last.
   */
  async askBeyondRemains<Came>(
    container: string,
    ask: () => Promise<Came>,
    saysNoneFree: (came: Came) => boolean,
  ): Promise<Came> {
    const { dry, earlier, clock, lastHangUp } = this.run;
    let came = await ask();
    if (!saysNoneFree(came) || dry.has(container)) return came;
    const isFree = async (): Promise<boolean> => {
      came = await ask();
      return !saysNoneFree(came);
    };
    await this.outlastOwnLeases(container);
    if (await this.until(isFree)) return came;
    // What a run before this one could not release, or is kept for a caller that has hung up, is free again then, too.
    if (earlier.mayHoldAll || clock.now() - lastHangUp.at < 2 * expiryMs) {
      await this.pass(expiryMs);
      if (await this.until(isFree)) return came;
    }
    dry.add(container);
    return came;
  }

  /** Claims of earlier cases that the target would not take back. No time ends what has been spawned. */
  leftClaimed(container: string): readonly Holding[] {
    const { holdings, running } = this.run;
    return holdings.all.filter(
      (held) => held.container === container && !running.has(held.owner) && held.phase === 'claimed',
    );
  }

  /** Skips for want of instances; where earlier claims hold some, not for good. */
  lack(container: string, reason: string): never {
    const now = this.run.clock.now();
    if (this.leftClaimed(container).some(({ grantedAt }) => now - grantedAt < expiryMs)) throw new Postponed(reason);
    return this.skip(reason);
  }

  /** Claims that the target would not take back are over after ten seconds. */
  async outlastOwnLeases(container: string): Promise<void> {
    const open = this.leftClaimed(container);
    if (open.length === 0) return;
    await this.passUntil(Math.max(...open.map(({ grantedAt }) => grantedAt)) + expiryMs);
    for (const one of open) this.drop(one);
  }

  /** The case no longer holds it: its claim is over, or the scheduler may grant the instance again. */
  drop({ container, instance, token }: Held): void {
    this.run.holdings.drop(container, instance, token);
  }

  /** A token that no request has used before; it names the case, so that a log of the target's can be understood. */
  freshToken(): string {
    return `${this.id.toLowerCase()}-${randomBytes(6).toString('hex')}`;
  }

  /**
   * Sends a claim. A claim without an answer is in line: where the suite can move the target's clock, it moves the clock
   * until the answer comes, instead of waiting.
   */
  async sendClaim(request: ClaimRequest = {}): Promise<Answer | NoAnswer> {
    const { token = this.freshToken(), ...given } = request;
    const sending = this.trySend({ operation: 'claimInstance', ...given, body: { token } });
    if (this.run.clock.isMovable) await this.moveUntil(sending);
    return await sending;
  }

  /** Moves time on, second by second, until the work is done. */
  async moveUntil(work: Promise<unknown>): Promise<void> {
    const isDone = watch(work);
    if (await this.until(isDone)) return;
    for (let step = 0; step < steps.most && !isDone(); step += 1) {
      await this.pass(steps.ms);
      await this.until(isDone, 20);
    }
  }

  /** Reserves an instance, which the rest of the case depends on. */
  async claim(request: ClaimRequest = {}): Promise<Claim> {
    const { container = this.container } = request;
    const claimed = await this.tryClaim(request);
    if ('instance' in claimed) return claimed;
    if (this.#holdsAny(container)) this.lack(container, 'no further instance was free while this case held one');
    if (!this.run.isExclusive) this.skip('no instance was free: others may hold them all');
    const came = describe(claimed);
    return this.require(false, { ...rules.available, expected: 'an instance', came, about: claimed });
  }

  /** Reserves an instance, or answers what was said where none is free. */
  async tryClaim(request: ClaimRequest = {}): Promise<Claim | Answer> {
    const { container = this.container, token = this.freshToken() } = request;
    const ask = async (): Promise<Answer> => this.answered(await this.sendClaim({ ...request, container, token }));
    // Not while the case itself holds something: that would run out as well.
    const mayWait = this.run.isExclusive && !this.#holdsAny();
    const answer = mayWait ? await this.askBeyondRemains(container, ask, isExhausted) : await ask();
    if (isExhausted(answer)) return answer;
    const claimed = toClaim(container, token, answer);
    const came = answer.status === 200 && claimed === null ? '200 without instance_id' : describe(answer);
    const statement = { ...rules.grants, expected: '200 with an instance', came, about: answer };
    return claimed !== null && this.check(true, statement) ? claimed : this.require(false, statement);
  }

  /** A second instance under the same token; skips where the target grants none. */
  async claimAgain({ container, token, instance }: Claim): Promise<Claim> {
    const second = toClaim(container, token, await this.sendClaim({ container, token }));
    if (second !== null && second.instance !== instance) return second;
    return this.lack(container, 'the token got no second instance');
  }

  /** Reserves so many instances, or fewer where no more come free in the time that ends may lag. */
  async claimUpTo(count: number): Promise<readonly Claim[]> {
    const held: Claim[] = [];
    const add = async (): Promise<boolean> => {
      const claimed = await this.tryClaim();
      if ('instance' in claimed) held.push(claimed);
      return 'instance' in claimed;
    };
    while (held.length < count && (await this.until(add)));
    return held;
  }

  #holdsAny(container?: string): boolean {
    return this.held.some((held) => container === undefined || held.container === container);
  }

  async sendSpawn(
    claimed: Held,
    variables?: Variables | null,
    more: Pick<CaseRequest, 'licence'> = {},
  ): Promise<Answer> {
    const { container } = claimed;
    return await this.send({ operation: 'spawnInstance', container, body: spawnBody(claimed, variables), ...more });
  }

  /**
   * Starts a reserved instance, which the rest of the case depends on. `rule` names what else is wrong where it does not,
   * such as a refused request before that has changed something.
   */
  async spawn(claimed: Held, variables?: Variables | null, rule: string = rules.spawns.rule): Promise<Answer> {
    const held = this.run.holdings.find(claimed.container, claimed.instance, claimed.token);
    const answer = await this.sendSpawn(claimed, variables);
    if (held !== undefined) this.#skipIfLate(held.grantedAt, answer);
    return this.requireOk(answer, { ...rules.spawns, rule });
  }

  /** Reserves and starts an instance. */
  async start(request: ClaimRequest = {}): Promise<Claim> {
    const claimed = await this.claim(request);
    await this.spawn(claimed);
    return claimed;
  }

  async sendRelease({ container, instance, token }: Held): Promise<Answer> {
    return await this.send({ operation: 'releaseInstance', container, body: { token, instance_id: instance } });
  }

  /** Ends a run, which the rest of the case depends on. Where functions end by themselves there may be none left to end. */
  async release(claimed: Held): Promise<Answer> {
    const answer = await this.sendRelease(claimed);
    const isOver = this.run.endsByItself && answer.status >= 400 && answer.status < 500;
    return isOver ? answer : this.requireOk(answer, rules.releases, unlessItEnds('200'));
  }

  /** Gives a claim back, by way of a run where the target takes back nothing else, or ends its run. */
  async giveBack(claimed: Held): Promise<void> {
    const { phase } = this.run.holdings.find(claimed.container, claimed.instance, claimed.token) ?? {};
    const answer = await this.sendRelease(claimed);
    if (answer.status === 200) return;
    if (phase !== 'spawned') await this.spawn(claimed);
    // A run may have ended by itself, and nothing is left to release then.
    else if (answer.status < 500 && !(await this.isListed(claimed))) return;
    await this.release(claimed);
  }

  async giveAllBack(all: readonly Held[]): Promise<void> {
    for (const one of all) await this.giveBack(one);
  }

  /** A claim that has been released, so that its instance is free. */
  async freedClaim(): Promise<Claim> {
    const claimed = await this.claim();
    await this.giveBack(claimed);
    return claimed;
  }

  /** Active's answer. Skips the case where the target is older than the operation. */
  async #sendActive(container: string): Promise<Answer> {
    const answer = await this.send({ operation: 'getActiveInstances', container });
    if (answer.status === 404 && answer.code === '404.uri') {
      this.run.missing.add('getActiveInstances');
      this.skip('the target answers 404.uri to active, an operation that was added in May 2024');
    }
    return answer;
  }

  /** The function's active instances by ID. Skips the case where the target is older than the operation. */
  async active(container = this.container): Promise<JsonRecord> {
    const { data } = this.requireOk(await this.#sendActive(container), rules.listed);
    return isRecord(data) ? data : {};
  }

  /** Skips where the target lacks the operation: what it answers says nothing of it then. */
  async requireOperation(operation: Operation): Promise<void> {
    if (operation === 'getActiveInstances') await this.#sendActive(this.container);
  }

  /** Whether the instance is among the active ones. */
  async isListed({ container, instance }: Held): Promise<boolean> {
    return instance in (await this.active(container));
  }

  /** Writes down an answer as the target's to a question. What a proxy says in front of it is none. */
  observeAnswer(question: QuestionName, answer: Answer): void {
    const { status, code, isProxys } = answer;
    if (!isProxys) this.observe(question, { status, ...(code === null ? {} : { code }) }, answer);
  }

  /** What the caller has got wrong is refused as the caller's mistake; with which code is the question's. */
  checkRefused(answer: Answer, rule: Rule | string, question?: QuestionName): boolean {
    const isRefused = answer.isProxys || (answer.status >= 400 && answer.status < 500);
    this.checkAnswer(answer, isRefused, rule, 'a refusal with status 4xx');
    if (question !== undefined && isRefused) this.observeAnswer(question, answer);
    return isRefused;
  }

  /** A request that would do as little as possible if it got through. */
  harmlessRequest(operation: Operation): CaseRequest {
    if (operation === 'getActiveInstances') return { operation };
    const token = this.freshToken();
    return { operation, body: operation === 'claimInstance' ? { token } : { token, instance_id: unknownId() } };
  }

  /** Sends what must be refused. */
  async refuse(request: CaseRequest, rule: string, question?: QuestionName): Promise<boolean> {
    return this.checkRefused(await this.send(request), rule, question);
  }

  /** For requests nothing public forbids: the answer is only observed, unless the target fails over it. */
  checkSurvived(answer: Answer, question: QuestionName, strength: Omit<Rule, 'rule'> = {}): void {
    // 501 and 505 say of a request that it is not supported; that is no failure.
    const isFailure = answer.status >= 500 && answer.status !== 501 && answer.status !== 505 && !answer.isProxys;
    this.checkAnswer(answer, !isFailure, { rule: rules.survives.rule, ...strength }, 'no failure (5xx)');
    this.observeAnswer(question, answer);
  }

  /** The answer to what a claim must still open, whose ten seconds began at `since` (on the suite's clock). */
  checkInTime(since: number, answer: Answer, rule: string, expected = '200 within the ten seconds'): void {
    this.#skipIfLate(since, answer);
    this.checkOk(answer, rule, expected);
  }

  /** Skips where the suite was so slow that the ten seconds may be over: what came says nothing of the target then. */
  #skipIfLate(since: number, answer: Answer): void {
    const isLate = answer.status !== 200 && this.run.clock.now() - since >= leaseMs;
    if (isLate) this.skip('this machine was too slow to ask within the ten seconds');
  }
}

const steps = { ms: 1_000, most: 90 } as const;
