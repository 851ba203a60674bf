import { type Evidence, type QuestionName, questions, type RecordedAnswer } from '../../src/profile/questions.ts';
import type { Finding } from '../inspect/finding.ts';
import { type Received, withHyphens } from '../inspect/inspect-response.ts';
import { excerpt, parseJson } from '../model/json.ts';
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
import { costOf } from './limits.ts';
import { type Answer, accessKeyHeader, type CaseRequest, type NoAnswer, toAnswer, toRecorded } from './requests.ts';
import type { RunContext } from './run-context.ts';

/** A statement and what came of it. `expected` and `came` are phrases for people. */
export type Statement = {
  readonly rule: string;
  readonly expected: string;
  readonly came: string;
  /** The case's own without it. */
  readonly evidence?: Evidence;
  /** Where the public texts say so; the case's own without it. Of documented statements alone. */
  readonly source?: Source;
  readonly about?: Pick<Answer, 'step' | 'operation'>;
};

/** As much of a case as its own scenario has to know. */
type CaseFacts = {
  readonly id: string;
  readonly evidence: Evidence;
  readonly level: Level;
  readonly source?: Source;
};

/** What a case works with: requests to the target, time, and the record of all that happens. */
export class Scenario {
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
    if (first === undefined) throw new CaseSkipped('no container is given');
    return first;
  }

  get secondContainer(): string {
    const second = this.run.containers[1];
    if (second === undefined) throw new CaseSkipped('it needs a second function container');
    return second;
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

  /** Asks and inspects the answer. That none comes breaks the contract and ends the case. */
  async send(request: CaseRequest): Promise<Answer> {
    return this.answered(await this.trySend(request));
  }

  /** The answer, where one must have come. */
  answered(reply: Answer | NoAnswer): Answer {
    if (reply.failure === undefined) return reply;
    // The case has ended before, and has cut off what was under way.
    if (this.#isClosed) throw new RunInterrupted('the case is over');
    const rule = 'Every request is answered.';
    const came = reply.reason;
    return this.require(false, { rule, expected: 'an answer', came, evidence: 'documented', source: 'responses' });
  }

  /** Like send, for requests that may stay without an answer. */
  async trySend(request: CaseRequest): Promise<Answer | NoAnswer> {
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
    const exchange = await this.#exchange(request, recorded);
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
    const { method } = recorded;
    this.#inspect(answer, { operation, method, container, sent, response, licence: request.licence });
    return answer;
  }

  #noteClaim(container: string, { status }: Answer, isRepeated: boolean): void {
    const { clock, earlier, ground, holdings } = this.run;
    if (isRepeated) ground.noteRepeated();
    else if (status === 200) {
      ground.noteGrant();
      earlier.mayHoldAll = false;
    }
    const holdsSome = holdings.all.some((held) => held.container === container);
    if (noneFree.includes(status) && !holdsSome) ground.noteNoneFree(clock.now());
  }

  async #exchange(request: CaseRequest, recorded: RecordedRequest): Promise<Exchange> {
    const { run } = this;
    const { operation, key, signal, cutAt } = request;
    if (run.signal.aborted) throw new RunInterrupted('the run was asked to stop');
    const atMs = performance.now() - this.#startedAt;
    const exchange = await this.#connection.send(recorded, {
      signal: signal === undefined ? run.signal : AbortSignal.any([run.signal, signal]),
      timeoutMs: run.ground.timeoutMs(operation, run.requestTimeoutMs),
      ...(cutAt === undefined ? {} : { cutAt }),
    });
    const { response = null, reason: failure = null, durationMs } = exchange;
    const shown = key?.value == null ? {} : { [accessKeyHeader]: key.shown };
    const headers = { ...recorded.headers, ...shown };
    const shorten = (text: string): string => shortened(run.redaction.text(text), longestRecordedText);
    this.steps.push({
      operation,
      request: { ...recorded, headers, body: recorded.body === null ? null : shorten(recorded.body) },
      response: response === null ? null : { ...response, body: shorten(response.body) },
      failure,
      atMs: Math.round(atMs),
      durationMs: Math.round(durationMs),
    });
    if (run.signal.aborted) throw new RunInterrupted('the run was asked to stop');
    const { ground } = run;
    if (exchange.failure === undefined) ground.noteAnswer(operation);
    else if (exchange.failure !== 'aborted') ground.noteFailure(operation, exchange.failure, exchange.reason);
    return exchange;
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
    const tell = (text: string): string => shortened(this.run.redaction.text(text), longestMessagePart);
    this.checks.push({
      evidence,
      rule,
      expected: tell(expected),
      came: tell(came),
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
    const statement = { rule: `${name}: ${asks}`, expected: render(ours), came: render(came), evidence };
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
    const { clock, ground } = this.run;
    if (ground.meansNothing !== null && !clock.isMovable && ms >= longWaitMs) throw new NotTried(ground.meansNothing);
    await this.run.clock.pass(ms, this.run.signal);
  }

  /** The moment is one of the suite's clock. */
  async passUntil(moment: number): Promise<void> {
    await this.pass(Math.max(0, moment - this.run.clock.now()));
  }

  /** Asks again until the answer is yes, at most for the time that what happens in the background may take. */
  async until(isSo: () => boolean | Promise<boolean>, withinMs = this.run.settleMs): Promise<boolean> {
    const giveUpAt = performance.now() + withinMs;
    for (let pauseMs = 5; ; pauseMs = Math.min(2 * pauseMs, 250)) {
      if (await isSo()) return true;
      if (performance.now() > giveUpAt) return false;
      await this.run.clock.pause(pauseMs, this.run.signal);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#connection.close();
  }
}

const render = ({ status, code, behaviour }: RecordedAnswer): string =>
  [code ?? status, behaviour].filter((part) => part !== undefined).join(', ') || excerpt(null);

/** Half a lease. */
const longWaitMs = 5_000;

/** Statuses that say that no instance is free. */
const noneFree: readonly number[] = [429, 503, 504];

/** Reports are for reading: what is longer than a screen or two is cut, after secrets have been taken out of it. */
const longestRecordedText = 8_192;

const longestMessagePart = 300;

const shortened = (text: string, longest: number): string =>
  text.length > longest ? `${text.slice(0, longest)}… (${text.length} characters)` : text;
