import { toMessage } from '../../src/shared/errors.ts';
import type { Report } from '../test-report.ts';
import { type EngineKind, standInFor } from './engines.ts';
import type { EngineFacts } from './facts.ts';
import type { EngineRun } from './request.ts';
import type { RunningEngine } from './start-engine.ts';
import type { Suite } from './suites.ts';

/** What came of an engine. */
export type EngineResult = TriedEngine | MissingEngine;

export type TriedEngine = {
  readonly name: string;
  readonly facts: EngineFacts;
  /** The suite of Debian that stood in for the engine's own; null where none had to. */
  readonly standIn: string | null;
  readonly suites: readonly SuiteResult[];
};

/** An engine that is unavailable. */
export type MissingEngine = {
  readonly name: string;
  readonly facts: null;
  readonly reason: string;
  /** Whether that is no failure. */
  readonly mayMiss: boolean;
};

export type SuiteResult = { readonly name: string; readonly report: Report; readonly seconds: number };

export type RunnerParts = {
  /** Gets and starts an engine with the base image in it. Rejects, in one line, where it is unavailable. */
  readonly start: (kind: EngineKind) => Promise<RunningEngine>;
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
};

/** A suite or an engine without a result counts as one failure. */
export const failedReport = (reason: string): Report => ({
  testResults: [{ status: 'failed', message: reason, assertionResults: [] }],
});

/**
 * Runs the suites, one engine after the other: what they share is the machine.
 *
 * @throws the signal's reason, once the engine that ran has ended
 */
export const runEngines = async (runs: readonly EngineRun[], parts: RunnerParts): Promise<readonly EngineResult[]> => {
  const results: EngineResult[] = [];
  for (const run of runs) results.push(await runEngine(run, parts));
  return results;
};

const runEngine = async ({ kind, suites }: EngineRun, parts: RunnerParts): Promise<EngineResult> => {
  const { name } = kind;
  const started = await startOrStandIn(kind, parts).catch((error: unknown) => {
    parts.signal.throwIfAborted();
    parts.print(toMessage(error));
    return { reason: toMessage(error) };
  });
  if ('reason' in started) return { name, facts: null, ...started, mayMiss: kind.moves !== undefined };
  await using engine = started.engine;
  const results: SuiteResult[] = [];
  for (const suite of suites) {
    parts.print(`\n${name}: ${suite.name}`);
    const startedAt = performance.now();
    const report = await runSuite(suite, engine, parts);
    results.push({ name: suite.name, report, seconds: Math.round((performance.now() - startedAt) / 1_000) });
  }
  return { name, facts: engine.facts, standIn: started.standIn, suites: results };
};

const startOrStandIn = async (kind: EngineKind, { start, signal, print }: RunnerParts) => {
  try {
    return { engine: await start(kind), standIn: null };
  } catch (error) {
    signal.throwIfAborted();
    const standIn = standInFor(kind);
    if (standIn === null) throw error;
    print(`${toMessage(error)} The engine of ${standIn.suite} stands in for ${kind.name}.`);
    return { engine: await start(standIn), standIn: standIn.suite };
  }
};

const runSuite = async (suite: Suite, engine: RunningEngine, { signal, print }: RunnerParts): Promise<Report> => {
  try {
    return await suite.run(engine, signal);
  } catch (error) {
    signal.throwIfAborted();
    print(`Failed to run suite ${suite.name}: ${toMessage(error)}.`);
    return failedReport(toMessage(error));
  }
};
