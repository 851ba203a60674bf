import {
  type Evidence,
  type QuestionName,
  questions,
  type RecordedAnswer,
  renderAnswer,
} from '../../src/profile/questions.ts';
import { type Finding, withHyphens } from '../inspect/findings.ts';
import type { Received } from '../inspect/inspect-response.ts';
import { parseJson } from '../model/json.ts';
import {
  CaseFailed,
  CaseSkipped,
  type Check,
  type DefectNumber,
  type Exploration,
  type Level,
  NotTried,
  type RecordedRequest,
  RunInterrupted,
  type Step,
} from '../model/result.ts';
import { type Source, sources } from '../model/sources.ts';
import { toTrackedRequest } from './claim-tracker.ts';
import type { Connection, Exchange } from './connection.ts';
import { costOf, leaseMs } from './limits.ts';
import {
  type Answer,
  type CaseRequest,
  describe,
  type NoAnswer,
  noneFree,
  shortened,
  toAnswer,
  toRecorded,
  toStep,
} from './requests.ts';
import { type Rule, rules } from './rules.ts';
import type { RunContext } from './run-context.ts';

/** A statement and what came of it. `expected` and `came` are phrases for people. */
export type Statement = Rule & {
  readonly expected: string;
  readonly came: string;
  readonly about?: Pick<Answer, 'step' | 'operation'>;
};

type CaseFacts = { readonly id: string; readonly evidence: Evidence; readonly source?: Source; readonly level: Level };

/** Sends the requests of a case, lets time pass, and records all that happens. */
export class CaseRecord {
  readonly run: RunContext;
  readonly checks: Check[] = [];
  readonly steps: Step[] = [];
  readonly defects = new Set<DefectNumber>();
  /** Set by the case that explores. */
  exploration?: Exploration;
  readonly #case: CaseFacts;
  #connection: Connection;
  readonly #startedAt = performance.now();
  #isClosed = false;

  constructor(run: RunContext, contractCase: CaseFacts) {
    this.run = run;
    this.#case = contractCase;
    this.#connection = run.connect();
  }

  get id(): string {
    return this.#case.id;
  }

  /** The function that cases use unless they say otherwise. */
  get container(): string {
    const [first] = this.run.containers;
    return first ?? this.skip('no container is given');
  }

  get secondContainer(): string {
    return this.run.containers[1] ?? this.skip('it needs a second function container');
  }

  /** Sends over a new connection from now on. The one before is closed by `closeFirst`, or taken up again by `undo`. */
  reconnect(): { closeFirst(): void; undo(): void } {
    const [first, second] = [this.#connection, this.run.connect()];
    this.#connection = second;
    const undo = (): void => {
      this.#connection = first;
      second.close();
    };
    return { closeFirst: () => first.close(), undo };
  }

  close(): void {
    this.#isClosed = true;
    this.#connection.close();
  }

  /** Asks and inspects the answer. That none comes breaks the contract and ends the case. */
  async send(request: CaseRequest): Promise<Answer> {
    return this.answered(await this.trySend(request));
  }

  /** The answer, where one must have come. */
  answered(reply: Answer | NoAnswer): Answer {
    if (reply.failure === undefined) return reply;
    // The case has ended before, and has cut off what was under way.
    if (this.#isClosed) throw new RunInterrupted('the case is over');
    return this.require(false, { ...rules.answered, expected: 'an answer', came: reply.reason });
  }

  /** Like send, for requests that may stay without an answer; over the case's own connection unless another is given. */
  async trySend(request: CaseRequest, connection = this.#connection): Promise<Answer | NoAnswer> {
    const { run } = this;
    const { operation, container = this.container } = request;
    const recorded = toRecorded(request, container, run.accessKey);
    const sent = recorded.body === null ? undefined : parseJson(recorded.body);
    const trackedRequest = toTrackedRequest(this.id, operation, container, sent, run.clock.now());
    // Probes ask for what must be refused; what a target grants all the same is given back like everything else.
    const cost = this.#case.level === 'probe' ? null : costOf(operation);
    run.ground.stand(operation);
    if (cost !== null) run.budget.take(cost);
    run.tracker.open(trackedRequest);
    const exchange = await this.#exchange(request, recorded, connection);
    if (exchange.response?.status !== 200) {
      run.tracker.fail(trackedRequest, exchange.response?.status ?? null);
      // What has no answer may have been granted.
      if (cost !== null && exchange.failure === undefined) run.budget.giveBack(cost);
    }
    if (exchange.failure !== undefined) return exchange;
    const { response, durationMs } = exchange;
    const answer = toAnswer(request, response, durationMs, this.steps.length - 1);
    const granted = answer.status === 200 ? run.tracker.succeed(trackedRequest, answer.data) : null;
    if (granted !== null) this.check(false, { ...granted, about: answer });
    if (operation === 'claimInstance' && cost !== null) this.#noteClaim(container, answer, granted !== null);
    this.#inspect(answer, { operation, method: recorded.method, container, sent, response, licence: request.licence });
    return answer;
  }

  #noteClaim(container: string, { status }: Answer, isRepeated: boolean): void {
    const { clock, earlier, ground, holdings } = this.run;
    const holdsSome = holdings.all.some((held) => held.container === container);
    if (status === 200 && !isRepeated) earlier.mayHoldAll = false;
    if (status === 200) ground.noteClaim(isRepeated ? 'granted-twice' : 'granted', clock.now());
    else if (noneFree.includes(status) && !holdsSome) ground.noteClaim('none-free', clock.now());
  }

  async #exchange(request: CaseRequest, recorded: RecordedRequest, connection: Connection): Promise<Exchange> {
    const { run } = this;
    const { ground } = run;
    const { operation, signal, cutAt } = request;
    const begunAt = performance.now();
    this.#throwIfStopped();
    const exchange = await connection.send(recorded, {
      signal: signal === undefined ? run.signal : AbortSignal.any([run.signal, signal]),
      timeoutMs: ground.timeoutMs(operation, run.requestTimeoutMs),
      ...(cutAt === undefined ? {} : { cutAt }),
    });
    this.noteStep(request, recorded, exchange, begunAt);
    this.#throwIfStopped();
    if (exchange.failure === undefined) ground.noteAnswer(operation);
    else if (exchange.failure !== 'aborted') ground.noteFailure(operation, exchange.failure, exchange.reason);
    return exchange;
  }

  /** Writes down a request, sent at `begunAt` of `performance.now()`, and what came of it. Answers its index. */
  noteStep(request: CaseRequest, recorded: RecordedRequest, exchange: Exchange, begunAt: number): number {
    const { redaction } = this.run;
    return this.steps.push(toStep(request, recorded, exchange, begunAt - this.#startedAt, redaction)) - 1;
  }

  #throwIfStopped(): void {
    if (this.run.signal.aborted) throw new RunInterrupted('the run was asked to stop');
  }

  #inspect(answer: Answer, received: Received): void {
    const { reached, succeeded, inspect } = this.run;
    if (received.operation !== null) {
      reached.add(received.operation);
      if (answer.status === 200) succeeded.add(received.operation);
    }
    const { findings, defects } = inspect(received);
    // What is asked for again until it has settled would otherwise be found as often.
    const isNew = ({ rule, expected, came }: Finding): boolean =>
      !this.checks.some((old) => !old.met && old.rule === rule && old.expected === expected && old.came === came);
    for (const finding of findings.filter(isNew)) this.check(false, { ...finding, about: answer });
    for (const defect of defects) this.note(defect);
  }

  /** Compares a statement with what came. A broken one does not end the case, so that the case reports all faults. */
  check(isMet: boolean, { rule, expected, came, evidence = this.#case.evidence, source, about }: Statement): boolean {
    const operation = about?.operation ?? null;
    const place = source ?? this.#case.source;
    const shorten = (text: string): string => shortened(this.run.redaction.text(text), longestMessagePart);
    this.checks.push({
      evidence,
      rule,
      expected: shorten(expected),
      came: shorten(came),
      met: isMet,
      ...(evidence !== 'documented' || place === undefined ? {} : { source: sources[place] }),
      ...(about === undefined ? {} : { step: about.step }),
      ...(operation === null ? {} : { operation }),
    });
    return isMet;
  }

  /** Like check, where nothing that follows makes sense without it. */
  require(isMet: false, statement: Statement): never;
  require(isMet: boolean, statement: Statement): void;
  require(isMet: boolean, statement: Statement): void {
    if (!this.check(isMet, statement)) throw new CaseFailed(statement.rule);
  }

  /** Compares an answer with what it must be. The rule is a sentence, or one with a strength of its own. */
  checkAnswer(answer: Answer, isMet: boolean, rule: Rule | string, expected: string): boolean {
    const own = typeof rule === 'string' ? { rule } : rule;
    return this.check(isMet, { ...own, expected, came: describe(answer), about: answer });
  }

  /** The answer has status 200. */
  checkOk(answer: Answer, rule: Rule | string, expected = '200'): boolean {
    return this.checkAnswer(answer, answer.status === 200, rule, expected);
  }

  /** Like checkOk, where nothing that follows makes sense without it. */
  requireOk(answer: Answer, rule: Rule, expected?: string): Answer {
    if (!this.checkOk(answer, rule, expected)) throw new CaseFailed(rule.rule);
    return answer;
  }

  /** As many of them as that. */
  checkCount(found: readonly unknown[], count: number, rule: Rule | string): boolean {
    const own = typeof rule === 'string' ? { rule } : rule;
    return this.check(found.length === count, { ...own, expected: `${count} instances`, came: String(found.length) });
  }

  /** Each of them once. */
  checkDistinct(found: readonly string[], rule: Rule | string, expected = 'different instances'): boolean {
    const own = typeof rule === 'string' ? { rule } : rule;
    return this.check(new Set(found).size === found.length, { ...own, expected, came: found.join(', ') });
  }

  /** What the case needs and nothing documented promises: where it is not so, the case is not judged. */
  presume(isSo: boolean, { rule, expected, came }: Pick<Statement, 'rule' | 'expected' | 'came'>): void {
    if (!isSo) this.skip(`not judged, since it rests on this: ${rule} Expected ${expected}; came ${came}`);
  }

  /** Writes down how the target answers a question, and whether it answers as the emulator does. */
  observe(name: QuestionName, came: RecordedAnswer, about?: Answer): void {
    const { asks, evidence, ours } = questions[name];
    if (!this.run.answers.has(name)) this.run.answers.set(name, came);
    const code = came.code === undefined ? undefined : withHyphens(came.code);
    const isSame = ours.status === came.status && ours.code === code && ours.behaviour === came.behaviour;
    const statement = { rule: `${name}: ${asks}`, expected: renderAnswer(ours), came: renderAnswer(came), evidence };
    this.check(isSame, about === undefined ? statement : { ...statement, about });
  }

  /** A defect of the description that the case came across. */
  note(defect: DefectNumber): void {
    this.defects.add(defect);
  }

  skip(reason: string): never {
    throw new CaseSkipped(reason);
  }

  /** Lets the target's time pass. */
  async pass(ms: number): Promise<void> {
    const { clock, ground, signal } = this.run;
    if (ground.meansNothing !== null && !clock.isMovable && ms >= longWaitMs) throw new NotTried(ground.meansNothing);
    await clock.pass(ms, signal);
  }

  /** The moment is one of the suite's clock. */
  async passUntil(moment: number): Promise<void> {
    await this.pass(Math.max(0, moment - this.run.clock.now()));
  }

  /** Waits in real time, for what the target does in the background. */
  async pause(ms: number): Promise<void> {
    await this.run.clock.pause(ms, this.run.signal);
  }

  /** Asks again until the answer is yes, at most for the time that what happens in the background may take. */
  async until(isSo: () => boolean | Promise<boolean>, withinMs = this.run.settleMs): Promise<boolean> {
    return await this.run.clock.until(isSo, withinMs, this.run.signal);
  }
}

const longWaitMs = leaseMs / 2;

const longestMessagePart = 300;
