import fc from 'fast-check';
import { exploringCase, group } from '../kit/case.ts';
import { type Rule, rules } from '../kit/rules.ts';
import type { Scenario } from '../kit/scenario.ts';
import { CaseSkipped, operationNames } from '../model/result.ts';
import { histories, linkedHistories, routine } from './commands.ts';
import { Model } from './model.ts';
import { type Finding, reportFindings } from './report.ts';
import { calmDown, countInstances, meetSchedulers, type Sighting, walk } from './walk.ts';
import type { Shards, Waits, WalkerOptions } from './walker.ts';

/** How much of the time is not for the search. */
const keptToShorten = 0.25;

/** An odd number: the seeds of histories that follow one another have nothing in common. */
const stride = 0x9e3779b1;

/** Walks random histories until the time is over or something documented is contradicted, and writes down what was found. */
const explore = async (s: Scenario): Promise<void> => {
  const { seconds, seed } = s.run.exploration;
  for (const container of s.run.containers) await s.outlastOwnLeases(container);
  const explorer = new Explorer(s, seconds * 1_000);
  await explorer.begin(seed);
  let index = 0;
  // At least one, on however slow a machine: a finding's seed is for being walked again.
  do {
    await explorer.walk((seed + index * stride) >>> 0);
    index += 1;
  } while (!explorer.isDone);
  reportFindings(s, explorer);
};

/** Histories, one after the other, over one target. */
class Explorer {
  readonly findings: Finding[] = [];
  histories = 0;
  requests = 0;
  readonly #s: Scenario;
  /** Of `performance.now()`, like the next. */
  readonly #endAt: number;
  #searchUntil: number;
  /** How much time is left to shorten what was found. */
  #shrinkMs: number;
  #isDone = false;
  readonly #known = new Set<string>();
  #lastMoves: readonly string[] = [];
  readonly #shards: Shards = { areSeveral: false };
  /** Real time that may be spent on waits for leases: half of all, so that the rest is for moves that need none. */
  readonly #waits: Waits;
  #model: Model;

  constructor(s: Scenario, ms: number) {
    this.#s = s;
    this.#endAt = performance.now() + ms;
    this.#shrinkMs = keptToShorten * ms;
    this.#searchUntil = this.#endAt - this.#shrinkMs;
    this.#waits = { leftMs: ms / 2 };
    this.#model = this.#newModel();
  }

  /** Nothing more is to be found, or may be asked. */
  get isDone(): boolean {
    return this.#isDone || performance.now() >= this.#searchUntil;
  }

  async begin(seed: number): Promise<void> {
    await this.#bounded(async () => {
      const sighting = await meetSchedulers(this.#options());
      if (sighting !== null) this.#note({ ...sighting, seed, seen: 'once' });
    });
    await this.#count();
    const sighting = await this.#walkRoutine();
    if (sighting === null) return;
    // What does not come again is not of the routine: random histories have their turn.
    const again = await this.#walkRoutine();
    if (again !== null) this.#note({ ...again, seed, seen: 'again' });
  }

  #note(finding: Finding): void {
    const { rule, evidence } = finding.contradiction.rule;
    this.findings.push(finding);
    this.#known.add(rule);
    if (evidence === 'documented') this.#isDone = true;
  }

  async #walkRoutine(): Promise<Sighting | null> {
    let found: Sighting | null = null;
    await this.#bounded(async () => {
      if (this.#isDone) return;
      found = await this.#walkOne(routine);
    });
    return found;
  }

  /** Finds out how many instances there are, where all may be taken. */
  async #count(): Promise<void> {
    if (this.#s.run.exploration.level === 'disruptive') await this.#bounded(() => countInstances(this.#options()));
  }

  async walk(seed: number): Promise<void> {
    if (this.#isDone) return;
    const before = this.#lastMoves;
    const [sighting] = await this.#check(seed, null);
    if (sighting === undefined) return;
    const { rule } = sighting.contradiction;
    const foundAt = performance.now();
    const shortest = (await this.#check(seed, rule)).at(-1);
    await this.#startAfresh(true);
    const isIll = shortest?.isByItself === false || (shortest !== undefined && (await this.#walkRoutine()) !== null);
    // What it suffers from may lie before: the run's own seed walks it all again.
    const moves = [...before, ...sighting.moves];
    if (isIll) this.#note({ ...sighting, moves, seed: this.#s.run.exploration.seed, seen: 'left-behind' });
    else this.#note({ ...(shortest ?? sighting), seed, seen: shortest === undefined ? 'once' : 'again' });
    const passedMs = performance.now() - foundAt;
    this.#searchUntil += passedMs;
    this.#shrinkMs -= passedMs;
  }

  /**
   * Walks the seed's history; where a rule is given, walks it once more and then shorter ones, for as long as each breaks
   * that rule. Answers what was seen, the shortest last.
   */
  async #check(seed: number, rule: Rule | null): Promise<readonly Sighting[]> {
    const seen: Sighting[] = [];
    const shrinkUntil = performance.now() + Math.max(0, this.#shrinkMs);
    const property = fc.asyncProperty(this.#s.run.linked === null ? histories : linkedHistories, async (history) => {
      // Once more it is always walked, to be certain.
      const isTooLate = rule !== null && seen.length > 0 && performance.now() > shrinkUntil;
      if (this.#isDone || isTooLate) return true;
      if (rule !== null) await this.#startAfresh(capacityRules.has(rule.rule));
      let isShown = false;
      await this.#bounded(async () => {
        const sighting = await this.#walkOne(history);
        if (sighting === null || (rule !== null && sighting.contradiction.rule.rule !== rule.rule)) return;
        isShown = true;
        seen.push(sighting);
      });
      return !isShown;
    });
    await fc.check(property, { seed: seed | 0, numRuns: 1, endOnFailure: rule === null, unbiased: true });
    return seen;
  }

  async #walkOne(history: Parameters<typeof walk>[1]): Promise<Sighting | null> {
    const { requests, moves, sighting, isCut } = await walk(this.#options(), history);
    this.#lastMoves = moves;
    if (isCut) this.#isDone = true;
    this.histories += 1;
    this.requests += requests;
    return sighting;
  }

  /** As if nothing had been learned of a target that may be in any state. */
  async #startAfresh(isToBeCounted: boolean): Promise<void> {
    await calmDown(this.#options());
    this.#model = this.#newModel();
    if (isToBeCounted) await this.#count();
  }

  #newModel(): Model {
    const { settleMs, endsByItself } = this.#s.run;
    return new Model({ settleMs, endsByItself });
  }

  #options(): WalkerOptions {
    const { run } = this.#s;
    const { level } = run.exploration;
    return {
      run,
      model: this.#model,
      level,
      known: this.#known,
      deadline: this.#endAt,
      shards: this.#shards,
      waits: this.#waits,
    };
  }

  /** A bound that is reached ends the exploration, with what it has found until then. */
  async #bounded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#isDone = true;
      if (!(error instanceof CaseSkipped)) throw error;
    }
  }
}

/** What breaks these needs to know how many instances there are. */
const capacityRules: ReadonlySet<string> = new Set([rules.available.rule, rules.givenBack.rule, rules.line.rule]);

const { id, ...facts } = exploringCase;
const define = group({ ...facts, source: 'functions', operations: operationNames });

/** What no other case names. */
export const exploration = [
  define(id, 'No answer contradicts earlier answers, for any requests in any order.', explore),
];
