import { fieldOf, isRecord, parseJson } from '../json.ts';
import type { Leftover } from '../result.ts';
import type { Connection } from '../target/connection.ts';
import { toRecorded } from '../target/requests.ts';
import { type Holding, leaseMs } from './holdings.ts';

type Tools = {
  readonly accessKey: string;
  /** On the same clock as the holdings' times. */
  readonly now: () => number;
  readonly connection: Connection;
};

/** Gives back what is still held, and answers what could not be. Inspects nothing: this is no case. */
export const cleanUp = async (holdings: readonly Holding[], tools: Tools): Promise<readonly Leftover[]> => {
  const leftovers: Leftover[] = [];
  for (const holding of holdings) {
    const reason = await releaseOne(holding, tools);
    const { container, instance, token, phase } = holding;
    if (reason !== null) leftovers.push({ container, instance, token, phase, reason });
  }
  return leftovers;
};

/** Why it could not be given back; null where it is nobody's any more. */
const releaseOne = async (holding: Holding, { accessKey, connection, now }: Tools): Promise<string | null> => {
  const { container, instance, token, phase, grantedAt } = holding;
  const body = { token, instance_id: instance };
  const request = toRecorded({ operation: 'releaseInstance', body }, container, accessKey);
  const exchange = await connection.send(request);
  if (exchange.response?.status === 200) return null;
  const came = exchange.response === undefined ? exchange.reason : `status ${exchange.response.status}`;
  // A claim ends by itself: one that was never spawned is nobody's after ten seconds, whatever release answers.
  if (phase === 'claimed')
    return now() - grantedAt > leaseMs ? null : `release: ${came}; it ends by itself within ten seconds`;
  const listing = await connection.send(toRecorded({ operation: 'getActiveInstances' }, container, accessKey));
  const listed = fieldOf(parseJson(listing.response?.body ?? ''), 'data');
  // The run may have ended by itself; then there is nothing left to release.
  return isRecord(listed) && !(instance in listed) ? null : `release: ${came}`;
};
