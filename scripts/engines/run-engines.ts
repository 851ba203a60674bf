import { closeSync, fstatSync, mkdtempSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import pLimit from 'p-limit';
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
  /** How many engines run at a time. */
  readonly atOnce: number;
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
};

/** A suite or an engine without a result counts as one failure. */
export const failedReport = (reason: string): Report => ({
  testResults: [{ status: 'failed', message: reason, assertionResults: [] }],
});

/**
 * Runs the suites: those of an engine one after the other, of so many engines at a time.
 *
 * @throws the signal's reason, once the engines that ran have ended
 */
export const runEngines = async (runs: readonly EngineRun[], parts: RunnerParts): Promise<readonly EngineResult[]> => {
  const limit = pLimit(parts.atOnce);
  const ended = await Promise.allSettled(runs.map((run) => limit(() => runEngine(run, parts))));
  return ended.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
};

const runEngine = async ({ kind, suites }: EngineRun, parts: RunnerParts): Promise<EngineResult> => {
  const { name } = kind;
  parts.signal.throwIfAborted();
  const started = await startOrStandIn(kind, parts).catch((error: unknown) => {
    parts.signal.throwIfAborted();
    parts.print(toMessage(error));
    return { reason: toMessage(error) };
  });
  if ('reason' in started) return { name, facts: null, ...started, mayMiss: kind.moves !== undefined };
  await using engine = started.engine;
  const results: SuiteResult[] = [];
  for (const suite of suites) {
    const startedAt = performance.now();
    const report = await runSuite(suite, engine, { ...parts, title: `\n${name}: ${suite.name}` });
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

type SuiteParts = RunnerParts & { readonly title: string };

const runSuite = async (suite: Suite, engine: RunningEngine, parts: SuiteParts): Promise<Report> => {
  const { signal, print } = parts;
  using output = parts.atOnce > 1 ? openOutput(engine, parts) : showOutput(parts);
  try {
    return await suite.run(engine, { signal, output: output.target });
  } catch (error) {
    signal.throwIfAborted();
    print(`Failed to run suite ${suite.name}: ${toMessage(error)}.`);
    return failedReport(toMessage(error));
  }
};

const showOutput = ({ title, print }: SuiteParts) => {
  print(title);
  return { target: 'inherit', [Symbol.dispose]: () => {} } as const;
};

/** What suites print beside others is printed at once when they are over. The file may go with an engine that ends. */
const openOutput = ({ folder }: RunningEngine, { title, print }: SuiteParts) => {
  const target = openSync(join(mkdtempSync(join(folder, 'printed-')), 'output'), 'w+');
  return {
    target,
    [Symbol.dispose]: () => {
      const bytes = Buffer.alloc(fstatSync(target).size);
      readSync(target, bytes, 0, bytes.length, 0);
      closeSync(target);
      print(`${title}\n${bytes}`);
    },
  };
};
