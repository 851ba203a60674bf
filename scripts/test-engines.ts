// Runs the Docker suites and the contract suite on other container engines than this machine's: docs/engines.md.
import { writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { toMessage } from '../src/shared/errors.ts';
import { parseRequest, type Request, usage } from './engines/request.ts';
import { mergeReports, renderNotTried, renderTable } from './engines/results.ts';
import { runEngines } from './engines/run-engines.ts';
import { startKind } from './engines/start-kind.ts';
import { toFailureLines } from './failure-lines.ts';
import { isGood, summarise, toLine } from './test-summary.ts';

const test = async ({ runs, atOnce, fresh, report }: Request, signal: AbortSignal): Promise<void> => {
  const parts = { start: startKind({ fresh, signal }), atOnce, signal, print: console.log };
  const results = await runEngines(runs, parts);
  const merged = mergeReports(results);
  if (report !== null) writeFileSync(report, JSON.stringify(merged));
  console.log(`\n${renderTable(results)}\n`);
  const notTried = renderNotTried(results);
  if (notTried !== null) console.log(notTried);
  for (const line of toFailureLines(merged)) console.log(line);
  const summary = summarise(merged);
  console.log(toLine(summary));
  process.exitCode = isGood(summary) ? 0 : 1;
};

/** Rejects only where this script itself is wrong; a signal first ends the engine that runs. */
const testUntilStopped = async (request: Request): Promise<void> => {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort(name));
  try {
    await test(request, stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    const name = stop.signal.reason as NodeJS.Signals;
    console.error(`Stopped by ${name}.`);
    process.exitCode = 128 + constants.signals[name];
  }
};

try {
  const request = parseRequest(process.argv.slice(2));
  if (request === null) console.log(usage);
  else await testUntilStopped(request);
} catch (error) {
  console.error(`${toMessage(error)}\n\n${usage}`);
  process.exitCode = 2;
}
