import type { Run } from '../runtime/port.ts';
import { atMost, lazily } from '../shared/async.ts';
import type { InstanceId } from '../shared/ids.ts';
import { shorten } from '../shared/render-value.ts';
import { LogBudget, RunLog } from './run-log.ts';
import type { LogLimits } from './service.ts';

/** How long the log waits for more output of an ended container. The engine ends it at once, unless it hangs. */
const moreWithinMs = 2_000;

/** How much of its output the event of a failure has. */
const lastLinesCount = 20;
const longestLine = 500;
const longestTail = 65_536;

/** The log of each instance's latest run. It outlives the run's container, until the next run. */
export class InstanceLogs {
  readonly #budget: () => LogBudget;
  readonly #logs = new Map<InstanceId, RunLog>();
  /** Of runs that are still to begin, where a reader waits already. */
  readonly #awaited = new Map<InstanceId, RunLog>();
  readonly #ended = new WeakSet<RunLog>();

  constructor(limits: LogLimits = {}) {
    this.#budget = lazily(() => new LogBudget(limits));
  }

  of(instanceId: InstanceId): RunLog | undefined {
    return this.#logs.get(instanceId);
  }

  /** The log of the run that comes next, so that a reader has its first byte, too. */
  ofNext(instanceId: InstanceId): RunLog {
    const log = this.#awaited.get(instanceId) ?? new RunLog(this.#budget());
    this.#awaited.set(instanceId, log);
    return log;
  }

  /** There will be no run for now: who waits for its output has read it. */
  noneComes(instanceId: InstanceId): void {
    this.#awaited.get(instanceId)?.close();
    this.#awaited.delete(instanceId);
  }

  /** There will be no run at all. */
  close(): void {
    for (const instanceId of this.#awaited.keys()) this.noneComes(instanceId);
  }

  record(instanceId: InstanceId, run: Run): void {
    const log = this.ofNext(instanceId);
    this.#awaited.delete(instanceId);
    this.#logs.get(instanceId)?.retire();
    this.#logs.set(instanceId, log);
    void fill(log, run.output);
    void run.exited.then(() => {
      this.#ended.add(log);
      log.hurry();
    });
  }

  /** Removing a container takes what was not read yet with it: of a run that has ended, the end is waited for. */
  async haveLastWords(instanceId: InstanceId): Promise<void> {
    const log = this.#logs.get(instanceId);
    if (log === undefined || !this.#ended.has(log)) return;
    for (let before = -1; !log.isClosed && before < log.printedBytes; ) {
      before = log.printedBytes;
      await atMost(moreWithinMs, log.closed());
    }
  }

  /** The end of what a run that has ended has printed. */
  async lastLines(instanceId: InstanceId): Promise<readonly string[]> {
    await this.haveLastWords(instanceId);
    const text = this.of(instanceId)?.text.slice(-longestTail).trimEnd() ?? '';
    const lines = text === '' ? [] : text.split(/\r?\n/).slice(-lastLinesCount);
    return lines.map((line) => shorten(line, longestLine));
  }

  forget(instanceId: InstanceId): void {
    this.noneComes(instanceId);
    this.#logs.get(instanceId)?.retire();
    this.#logs.delete(instanceId);
  }
}

/** Fills a log from a process's output, as fast as it may, and closes it when the output ends. */
const fill = async (log: RunLog, output: Run['output']): Promise<void> => {
  try {
    for await (const piece of output) {
      if (piece.isLost) log.appendLoss();
      log.append(piece);
      await log.room();
    }
  } finally {
    log.close();
  }
};
