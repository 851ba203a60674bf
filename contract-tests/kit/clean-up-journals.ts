import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '../model/json.ts';
import type { Leftover } from '../model/result.ts';
import type { JournalEntry } from './claim-journal.ts';
import { type CleanedUp, cleanUp, toLeftover } from './clean-up.ts';
import { openConnection } from './connection.ts';
import { counted } from './counted.ts';
import { Holdings } from './holdings.ts';
import { checkTarget } from './preflight.ts';
import { toHeaderText } from './requests.ts';
import { createSuiteClock } from './suite-clock.ts';

export type JournalCleanup = {
  readonly released: number;
  /** Claims that were over by themselves. */
  readonly lapsed: number;
  /** Why nothing could be given back at a target, a sentence for each. */
  readonly obstacles: readonly string[];
  readonly leftovers: readonly Leftover[];
  /** Runs that have left something open. */
  readonly targets: number;
};

/**
 * Gives back what killed runs hold by their ledgers, and removes the ledgers of those that hold nothing more. Without an
 * access key it only counts. Ledgers of runs that are still going are theirs.
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

/** Whatever a ledger tells of is over by now, but for runs. */
const longAgo = Number.NEGATIVE_INFINITY;

const findJournals = async (folder: string): Promise<readonly string[]> => {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith('.jsonl')).map((name) => join(folder, name));
};

/** What was open at the end of the ledger. Claims without an answer have no instance to release: they end by themselves. */
const readJournal = (text: string): { url: string | null; pid: number | null; holdings: Holdings } => {
  const holdings = new Holdings();
  let url: string | null = null;
  let pid: number | null = null;
  for (const line of text.split('\n')) {
    // The last line may have been cut off with the process.
    const entry = parseJson(line) as JournalEntry | undefined;
    if (entry === undefined || entry.event === 'claiming') continue;
    if (entry.event === 'run') {
      ({ url, pid } = entry);
      continue;
    }
    const { event, container, instance, token } = entry;
    if (event === 'claimed') holdings.grant({ owner: 'ledger', container, instance, token }, longAgo, longAgo);
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
    const obstacle = `Failed to give back ${counted(holdings.all.length, 'claim')} at ${url.href}: ${reason}. ${advice}.`;
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
    // Somebody else's process is a process.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};
