import { randomBytes } from 'node:crypto';
import type { Evidence } from '../../src/profile/questions.ts';
import { exploringCase } from '../kit/case.ts';
import { CaseRecord } from '../kit/case-record.ts';
import type { Connection, Exchange as ConnectionExchange } from '../kit/connection.ts';
import { costOf } from '../kit/limits.ts';
import { type Answer, type CaseRequest, describe, type NoAnswer } from '../kit/requests.ts';
import { type Rule, rules } from '../kit/rules.ts';
import type { RunContext } from '../kit/run-context.ts';
import {
  CaseSkipped,
  type Check,
  type DefectNumber,
  includesLevel,
  type Level,
  type RecordedRequest,
  type Step,
} from '../model/result.ts';
import type { Grant, Model, Span } from './model.ts';

/** A claim under way that has not been answered yet. */
export type InLine = {
  readonly container: string;
  readonly token: string;
  readonly since: number;
  hangUp(): void;
  /** Resolves once its answer has been judged; `throwFailure` throws what was wrong with it. */
  settled: Promise<void>;
};

/** A request to a function over HTTP that is under way. */
export type OpenRequest = {
  readonly container: string;
  hangUp(): void;
  /** The run that answers it; null until that is seen. */
  grant: Grant | null;
  /** Resolves once it is over. */
  ended: Promise<void>;
};

/** What has been seen in the course of one history. */
export type Trace = {
  readonly steps: readonly Step[];
  readonly defects: ReadonlySet<DefectNumber>;
};

/** Set as soon as a claim was not found on another connection than its own. */
export type Shards = { areSeveral: boolean };

/** How much real time may still be spent on letting leases pass. */
export type Waits = { leftMs: number };

export type WalkerOptions = {
  readonly waits: Waits;
  readonly shards: Shards;
  readonly run: RunContext;
  readonly model: Model;
  readonly level: Level;
  /** Rules that are known to be broken and are not reported again. */
  readonly known: ReadonlySet<string>;
  /** Of `performance.now()`: nothing is waited for beyond it. */
  readonly deadline: number;
};

export type Exchange = { readonly reply: Answer | NoAnswer; readonly span: Span };

/** How many connections a history has. */
export const mostConnections = 3;

/** Statuses of a scheduler that has failed: never the answer to a mistake of the caller’s. */
export const failures: ReadonlySet<number> = new Set([500, 502]);

/** The tracker's findings by this rule do not count: the model judges by it, and knows of tokens that are used again. */
const left = new Set<string>([rules.grantedOnce.rule]);

/** One history on its way: connections, what it holds, and what is under way. */
export class Walker {
  readonly run: RunContext;
  readonly model: Model;
  readonly level: Level;
  readonly inLine: InLine[] = [];
  /** Requests to functions that are under way. */
  readonly requests: OpenRequest[] = [];
  /** The moves made so far. */
  readonly moves: string[] = [];
  readonly #record: CaseRecord;
  readonly #connections: Connection[];
  /** How many of the record's checks have been judged. */
  #judged = 0;
  readonly #uses = new Set<{ readonly container: string; readonly token: unknown }>();
  readonly #known: ReadonlySet<string>;
  readonly #deadline: number;
  readonly shards: Shards;
  readonly #waits: Waits;
  #failure: { readonly error: unknown } | null = null;

  constructor({ run, model, level, known, deadline, shards, waits }: WalkerOptions) {
    this.#waits = waits;
    this.shards = shards;
    this.run = run;
    this.model = model;
    this.level = level;
    this.#known = known;
    this.#deadline = deadline;
    this.#record = new CaseRecord(run, exploringCase);
    this.#connections = Array.from({ length: mostConnections }, () => run.connect());
  }

  get now(): number {
    return this.run.clock.now();
  }

  get instant(): Span {
    const { now } = this;
    return { from: now, by: now };
  }

  get containers(): readonly string[] {
    return this.run.containers;
  }

  /** What callers of the API hold that is not over for certain. */
  get held(): readonly Grant[] {
    const { instant } = this;
    return this.model.grants.filter((one) => one.isRequests === undefined && this.model.mayBeHeld(one, instant, true));
  }

  may(level: Level): boolean {
    return includesLevel(this.level, level);
  }

  /** Where no other caller uses the function, what we have not taken is there. */
  get isExclusive(): boolean {
    return this.run.isExclusive && !this.shards.areSeveral;
  }

  freshToken(): string {
    return `explore-${randomBytes(6).toString('hex')}`;
  }

  /** Sends a request and notes when. Throws where its answer is no good in itself. */
  async send(connection: number, request: CaseRequest): Promise<Exchange> {
    this.#economise(request.operation);
    const from = this.now;
    const over = this.#connections[this.shards.areSeveral ? 0 : connection % mostConnections];
    const reply = await this.#record.trySend(request, over);
    const span = { from, by: this.now };
    this.#judgeForm();
    if (reply.failure !== undefined && reply.failure !== 'aborted') {
      this.contradict(rules.answered, 'an answer', reply.reason);
    }
    return { reply, span };
  }

  /**
   * Does what uses a token. Not while it is being claimed with: what it opens then, no answer shows. Nor is it claimed with
   * while it is being used.
   */
  async using(container: string, token: unknown, work: () => Promise<boolean>): Promise<boolean> {
    if (this.inLine.some((one) => one.container === container && one.token === token)) return false;
    const use = { container, token };
    this.#uses.add(use);
    try {
      return await work();
    } finally {
      this.#uses.delete(use);
    }
  }

  isUsed(container: string, token: string): boolean {
    return [...this.#uses].some((one) => one.container === container && one.token === token);
  }

  /** Sends what must be refused in every state, and without failing over it. */
  async mustRefuse(connection: number, request: CaseRequest, rule: Rule): Promise<void> {
    const { reply } = await this.send(connection, request);
    if (reply.failure !== undefined) return;
    if (reply.status < 400) this.contradict(rule, 'a refusal', describe(reply));
    if (failures.has(reply.status)) this.contradict(rules.survives, 'a refusal', describe(reply));
  }

  /** Whether so much of the target’s time can pass before the exploration ends. */
  mayPass(ms: number): boolean {
    const isInTime = ms <= this.#waits.leftMs && performance.now() + ms < this.#deadline;
    return Number.isFinite(ms) && ms > 0 && (this.run.clock.isMovable || isInTime);
  }

  async pass(ms: number): Promise<void> {
    if (!this.run.clock.isMovable) this.#waits.leftMs -= ms;
    await this.run.clock.pass(ms, this.run.signal);
  }

  /** Throws a Contradiction; returns where its rule is known to be broken. */
  contradict(rule: Rule, expected: string, came: string): void {
    if (!this.#known.has(rule.rule)) throw new Contradiction(rule, expected, came);
  }

  /** Keeps what went wrong where no caller waits for it. */
  fail(error: unknown): void {
    this.#failure ??= { error };
  }

  throwFailure(): void {
    const { error } = this.#failure ?? {};
    if (this.#failure !== null) throw error;
  }

  /** Asks again while the target may be busy with what went before; true as soon as all is well. */
  async comesRight(isRight: () => boolean | Promise<boolean>): Promise<boolean> {
    return await this.run.clock.until(isRight, this.model.settleMs, this.run.signal);
  }

  /** Writes down a request that went to a function. */
  noteStep(recorded: RecordedRequest, exchange: ConnectionExchange, begunAt: number): void {
    this.#record.noteStep({ operation: null }, recorded, exchange, begunAt);
  }

  /** A new connection in the place of one. */
  reconnect(connection: number): void {
    this.#connections[connection]?.close();
    this.#connections[connection] = this.run.connect();
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
    this.#record.close();
  }

  get trace(): Trace {
    const { steps, defects } = this.#record;
    return { steps: steps.toSorted((one, other) => one.atMs - other.atMs), defects };
  }

  /** Ends the exploration before a request that would reach a bound: the named cases need what the bounds allow. */
  #economise(operation: CaseRequest['operation']): void {
    const cost = costOf(operation);
    if (cost !== null && this.run.budget.left(cost) <= 0) throw new CaseSkipped(`no further ${cost} is allowed`);
  }

  /** What the inspection of every answer has found since it was last looked at. */
  #judgeForm(): void {
    const { checks } = this.#record;
    const broken = checks.slice(this.#judged).filter(({ met, rule }) => !met && !left.has(rule));
    this.#judged = checks.length;
    const [worst] = broken.toSorted((one, other) => weight(one) - weight(other));
    if (worst === undefined) return;
    const { rule, evidence, expected, came } = worst;
    this.contradict({ rule, evidence }, expected, came);
  }
}

const strengths: readonly Evidence[] = ['documented', 'inferred', 'our-choice'];
const weight = ({ evidence }: Check): number => strengths.indexOf(evidence);

/** Answers that no state of the target allows which agrees with all that it answered before. */
export class Contradiction extends Error {
  override readonly name = 'Contradiction';
  readonly rule: Rule;
  readonly expected: string;
  readonly came: string;

  constructor(rule: Rule, expected: string, came: string) {
    super(`${rule.rule} Expected ${expected}; came ${came}`);
    this.rule = rule;
    this.expected = expected;
    this.came = came;
  }
}
