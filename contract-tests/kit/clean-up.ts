import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { toHeaderText } from '../../src/shared/access-key.ts';
import { counted, fieldOf, isRecord, parseJson, textOf } from '../model/json.ts';
import type { Leftover } from '../model/result.ts';
import { type Holding, Holdings } from './claim-tracker.ts';
import { type Connection, openConnection } from './connection.ts';
import { createSuiteClock, expiryMs, type SuiteClock } from './limits.ts';
import { checkTarget } from './preflight.ts';
import { toRecorded } from './requests.ts';

type Tools = { readonly accessKey: string; readonly clock: SuiteClock; readonly connection: Connection };

type CleanedUp = {
  /** What could not be released. */
  readonly leftovers: readonly Leftover[];
  /** How many claims were not taken back, and are over by themselves. */
  readonly lapsed: number;
};

/** As long as a lease and its margin, which claims that the target does not take back are waited for anyway. */
const longestMs = 12_000;

/**
 * Releases all open claims and runs, and returns those that it could not release. Waits until a claim runs out that the
 * target does not release. Inspects nothing: this is no case. Over within twelve seconds, with or without answers.
 */
export const cleanUp = async (holdings: Holdings, { clock, ...tools }: Tools): Promise<CleanedUp> => {
  const signal = AbortSignal.timeout(longestMs);
  const tried = await Promise.all(
    holdings.all.map(async (holding) => ({ holding, reason: await releaseOne(holding, { ...tools, signal }) })),
  );
  const refused = tried.flatMap(({ holding, reason }) => (reason === null ? [] : [{ holding, reason }]));
  for (const { holding, reason } of tried) {
    if (reason === null) holdings.drop(holding.container, holding.instance, holding.token);
  }
  const lapsing = refused.filter(({ holding }) => holding.phase === 'claimed').map(({ holding }) => holding);
  if (lapsing.length > 0) {
    const last = Math.max(...lapsing.map(({ grantedAt }) => grantedAt));
    await clock.pass(Math.max(0, last + expiryMs - clock.now()));
    for (const { container, instance, token } of lapsing) holdings.drop(container, instance, token);
  }
  const leftovers = refused
    .filter(({ holding }) => holding.phase === 'spawned')
    .map(({ holding, reason }) => toLeftover(holding, reason));
  return { leftovers, lapsed: lapsing.length };
};

const toLeftover = ({ container, instance, token, phase }: Holding, reason: string): Leftover => ({
  container,
  instance,
  token,
  phase,
  reason,
});

/** Why the release failed; null where it succeeded or the run has ended by itself. */
const releaseOne = async (
  { container, instance, token, phase }: Holding,
  { accessKey, connection, signal }: Omit<Tools, 'clock'> & { readonly signal: AbortSignal },
): Promise<string | null> => {
  const body = { token, instance_id: instance };
  const asked = toRecorded({ operation: 'releaseInstance', body }, container, accessKey);
  const exchange = await connection.send(asked, { signal });
  if (exchange.response?.status === 200) return null;
  const came = signal.aborted ? `no answer within ${longestMs / 1_000} s` : exchange.reason;
  const reason = `release: ${exchange.response === undefined ? came : `status ${exchange.response.status}`}`;
  if (phase === 'claimed') return reason;
  const listing = await connection.send(toRecorded({ operation: 'getActiveInstances' }, container, accessKey), {
    signal,
  });
  const listed = fieldOf(parseJson(listing.response?.body ?? ''), 'data');
  // The run may have ended by itself; then there is nothing left to release.
  return isRecord(listed) && !(instance in listed) ? null : reason;
};

export type JournalCleanup = {
  readonly released: number;
  /** Claims that were over by themselves. */
  readonly lapsed: number;
  /** Why nothing could be released at a target, a sentence for each. */
  readonly obstacles: readonly string[];
  readonly leftovers: readonly Leftover[];
  /** Runs that have left something open. */
  readonly targets: number;
};

/**
 * Releases the claims and runs in the journals of killed runs of the suite, and removes a journal once nothing in it is
 * open. Without an access key it only counts. Leaves the journals of live runs alone.
 */
export const cleanUpJournals = async (options: {
  readonly folder: string;
  readonly accessKey: string | null;
  readonly timeoutMs: number;
}): Promise<JournalCleanup> => {
  const { folder, accessKey, timeoutMs } = options;
  const cleaned: (GivenBack & { readonly held: number })[] = [];
  let targets = 0;
  for (const path of await findJournals(folder)) {
    const { url, pid, holdings } = readJournal(await readFile(path, 'utf8'));
    if (url === null || (pid !== null && isAlive(pid))) continue;
    const held = holdings.all.length;
    if (held > 0) {
      targets += 1;
      if (accessKey === null) continue;
      const given = await giveBack(new URL(url), holdings, accessKey, timeoutMs);
      cleaned.push({ held, ...given });
      if (given.leftovers.length > 0) continue;
    }
    await rm(path, { force: true });
  }
  const leftovers = cleaned.flatMap((one) => one.leftovers);
  const lapsed = sum(cleaned.map((one) => one.lapsed));
  const released = sum(cleaned.map(({ held }) => held)) - lapsed - leftovers.length;
  return { released, lapsed, obstacles: cleaned.flatMap(({ obstacle }) => obstacle ?? []), leftovers, targets };
};

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/** All that a journal names is over by now, but for runs. */
const longAgo = Number.NEGATIVE_INFINITY;

const findJournals = async (folder: string): Promise<readonly string[]> => {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith('.jsonl')).map((name) => join(folder, name));
};

/** What was open at the end of the journal. Claims without an answer have no instance to release: they end by themselves. */
const readJournal = (text: string): { url: string | null; pid: number | null; holdings: Holdings } => {
  const holdings = new Holdings();
  let url: string | null = null;
  let pid: number | null = null;
  for (const line of text.split('\n')) {
    // The last line may have been cut off with the process.
    const entry = parseJson(line);
    const field = (name: string): string | null => textOf(fieldOf(entry, name));
    const [event, container, instance, token] = [field('event'), field('container'), field('instance'), field('token')];
    if (event === 'run') {
      const owner = fieldOf(entry, 'pid');
      [url, pid] = [field('url'), typeof owner === 'number' ? owner : null];
    }
    if (container === null || instance === null || token === null) continue;
    if (event === 'claimed') holdings.grant({ owner: 'journal', container, instance, token }, longAgo, longAgo);
    if (event === 'spawning') holdings.update(container, instance, token, { phase: 'spawned' });
    if (event === 'over') holdings.drop(container, instance, token);
  }
  return { url, pid, holdings };
};

type GivenBack = CleanedUp & { readonly obstacle: string | null };

const giveBack = async (url: URL, holdings: Holdings, accessKey: string, timeoutMs: number): Promise<GivenBack> => {
  const key = toHeaderText(accessKey);
  const [{ container } = { container: '' }] = holdings.all;
  // A target that refuses all it is asked takes nothing back, and a refusal says nothing of a claim.
  const preflight = await checkTarget({ url, accessKey: key, container, timeoutMs });
  if (!preflight.isReady) {
    const { reason, advice } = preflight;
    const obstacle = `Failed to release ${counted(holdings.all.length, 'claim')} at ${url.href}: ${reason}. ${advice}.`;
    return { leftovers: holdings.all.map((held) => toLeftover(held, reason)), lapsed: 0, obstacle };
  }
  const connection = openConnection({ url, address: preflight.address, timeoutMs });
  try {
    const tools = { accessKey: key, clock: createSuiteClock(), connection };
    return { ...(await cleanUp(holdings, tools)), obstacle: null };
  } finally {
    connection.close();
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user is a process.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};
