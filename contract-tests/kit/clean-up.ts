import { fieldOf, isRecord, parseJson } from '../model/json.ts';
import type { Leftover } from '../model/result.ts';
import type { Connection } from './connection.ts';
import { expiryMs, type Holding, type Holdings } from './holdings.ts';
import { toRecorded } from './requests.ts';
import type { SuiteClock } from './suite-clock.ts';

type Tools = { readonly accessKey: string; readonly clock: SuiteClock; readonly connection: Connection };

export type CleanedUp = {
  /** What could not be given back. */
  readonly leftovers: readonly Leftover[];
  /** How many claims were not taken back, and are over by themselves. */
  readonly lapsed: number;
};

/** As long as a lease and its margin, which claims that the target does not take back are waited for anyway. */
const longestMs = 12_000;

/**
 * Gives back what is still held, and answers what could not be. Waits for claims to run out that the target does not
 * take back. Inspects nothing: this is no case. Over within twelve seconds, with or without answers.
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

export const toLeftover = ({ container, instance, token, phase }: Holding, reason: string): Leftover => ({
  container,
  instance,
  token,
  phase,
  reason,
});

/** Why it could not be given back; null where it is nobody's any more. */
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
