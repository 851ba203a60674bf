import { type Claim, spawn, type Variables } from './actions.ts';
import type { ReceivedReport } from './callback.ts';
import type { Scenario } from './scenario.ts';

/** A function at work that reports: fixtures/probe, started by a case. */
type ProbeRun = {
  /** What it said when it started. */
  readonly started: ReceivedReport;
  /** All it has said so far. */
  reports(): readonly ReceivedReport[];
};

/**
 * Spawns with the variables that make the probe report, and waits until it has. Where the first function asked says
 * nothing, it may be none that reports: then the case is skipped, and those after it.
 */
export const spawnProbe = async (s: Scenario, claimed: Claim, variables: Variables = {}): Promise<ProbeRun> => {
  const { callback } = s.run;
  const receiver = (await callback.receiver()) ?? s.skip(callback.obstacle ?? 'it needs a callback URL');
  const id = claimed.token;
  await spawn(s, claimed, { ...variables, PROBE_CALLBACK_URL: receiver.url, PROBE_ID: id });
  const reports = () => receiver.reportsOf(id);
  const findStarted = () => reports().find(({ event }) => event === 'started');
  await s.until(() => findStarted() !== undefined);
  const started = findStarted();
  if (started !== undefined) {
    callback.noteReport();
    return { started, reports };
  }
  if (!callback.isCertain) {
    callback.noteSilence();
    return s.skip(callback.obstacle ?? '');
  }
  return s.require(false, {
    rule: 'Spawn starts the function, and hands it the variables it was given.',
    expected: 'a report of the function’s start',
    came: `none within ${s.run.settleMs / 1_000} s of spawn’s answer`,
    evidence: 'documented',
    source: 'spawn',
  });
};
