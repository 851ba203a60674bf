import { setTimeout as pause } from 'node:timers/promises';
import type { InstanceId } from '../ids.ts';
import type { Run } from '../runtime/port.ts';
import { RunLog, recordOutput } from './run-log.ts';

/** How long a body that has ended waits for the last of its output. The engine tells it at once; this is for one that hangs. */
const lastWordsWithinMs = 2_000;

/** How much of its output a failure is told with. */
const lastLinesCount = 20;
const longestLine = 500;

/** The log of each instance's latest run. It outlives the run's body, until the next run. */
export class RunLogs {
  readonly #logs = new Map<InstanceId, RunLog>();
  readonly #ended = new WeakSet<RunLog>();

  of(instanceId: InstanceId): RunLog | undefined {
    return this.#logs.get(instanceId);
  }

  record(instanceId: InstanceId, run: Run): void {
    const log = new RunLog();
    this.#logs.set(instanceId, log);
    void recordOutput(log, run.output);
    void run.exited.then(() => this.#ended.add(log));
  }

  /** Removing a body takes what was not read yet with it: of a run that has ended, the end is waited for. */
  async haveLastWords(instanceId: InstanceId): Promise<void> {
    const log = this.#logs.get(instanceId);
    if (log === undefined || !this.#ended.has(log) || log.isClosed) return;
    const giveUp = new AbortController();
    await Promise.race([log.closed(), pause(lastWordsWithinMs, undefined, { signal: giveUp.signal }).catch(() => {})]);
    giveUp.abort();
  }

  /** The end of what a run that has ended has printed. */
  async lastLines(instanceId: InstanceId): Promise<readonly string[]> {
    await this.haveLastWords(instanceId);
    const text = this.of(instanceId)?.text.trimEnd() ?? '';
    const lines = text === '' ? [] : text.split(/\r?\n/).slice(-lastLinesCount);
    return lines.map((line) => (line.length > longestLine ? `${line.slice(0, longestLine)}…` : line));
  }

  forget(instanceId: InstanceId): void {
    this.#logs.delete(instanceId);
  }
}
