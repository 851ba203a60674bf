import { createMemory } from '../inspect/data.ts';
import { createInspection } from '../inspect/inspect-response.ts';
import type { createValidators } from '../inspect/validators.ts';
import type { Redaction } from '../model/json.ts';
import type { Operation } from '../model/result.ts';
import { createCallback } from './callback.ts';
import type { ContractCase } from './case.ts';
import { ClaimTracker, Holdings, noJournal, openJournal } from './claim-tracker.ts';
import { type Address, openConnection } from './connection.ts';
import { createBudget, createDeadline, createGround, createSuiteClock } from './limits.ts';
import type { RunContext } from './run-context.ts';
import type { Settings } from './settings.ts';

/**
 * What the cases of a run share, which has `begunAt` by `performance.now()`; `resources` ends it. Throws an EmulatorError
 * where the journal cannot be kept.
 */
export const createRun = (
  settings: Settings & { readonly begunAt: number },
  address: Address,
  validate: ReturnType<typeof createValidators>,
  resources: AsyncDisposableStack,
  redaction: Redaction,
): RunContext => {
  const { url, accessKey, requestTimeoutMs, settleMs, bounds = {} } = settings;
  const clock = createSuiteClock(settings.advanceClock);
  const holdings = new Holdings();
  const journal = settings.ledgerFolder === false ? noJournal : openJournal(settings.ledgerFolder, url.href);
  // What could not be given back stays in the journal for `contract cleanup`.
  resources.defer(() => {
    if (holdings.all.length === 0) journal.discard();
  });
  return {
    accessKey,
    containers: settings.containers,
    nonFunctionContainer: settings.nonFunctionContainer,
    settleMs,
    requestTimeoutMs,
    url: url.href,
    exploration: { seconds: settings.exploreSeconds, seed: settings.seed, level: settings.level },
    endsByItself: settings.endsByItself ?? false,
    expected: {
      reached: new Set(settings.cases.flatMap(({ operations }) => operations)),
      succeeded: new Set(settings.cases.flatMap(operationsThatSucceed)),
    },
    isExclusive: settings.isLoopback || settings.level === 'disruptive',
    clock,
    callback: resources.use(createCallback(settings.callback, settings.isLoopback)),
    holdings,
    tracker: new ClaimTracker({ holdings, journal, clock }),
    budget: createBudget(bounds),
    ground: createGround(settleMs),
    deadline: createDeadline(
      bounds,
      { isMovable: clock.isMovable, exploreSeconds: settings.exploreSeconds },
      performance.now() - settings.begunAt,
    ),
    redaction,
    inspect: createInspection({ validate, memory: createMemory(), accessKey }),
    signal: settings.signal ?? new AbortController().signal,
    running: new Set(),
    untried: new Map(),
    lapsed: [],
    timed: [],
    apart: new Map(),
    dry: new Set(),
    lastHangUp: { at: Number.NEGATIVE_INFINITY },
    earlier: { mayHoldAll: true },
    share: Number.POSITIVE_INFINITY,
    reached: new Set(),
    succeeded: new Set(),
    missing: new Set(),
    answers: new Map(),
    capacities: new Map(),
    free: new Map(),
    connect: () => openConnection({ url, address, timeoutMs: requestTimeoutMs }),
  };
};

const ofRuns: readonly Operation[] = ['spawnInstance', 'releaseInstance'];

/** Below `lifecycle` no case starts an instance, and what was never started need not be taken back. */
const operationsThatSucceed = ({ level, operations }: ContractCase): readonly Operation[] => {
  if (level === 'probe') return [];
  return level === 'claim' ? operations.filter((operation) => !ofRuns.includes(operation)) : operations;
};
