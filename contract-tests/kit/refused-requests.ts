import type { Operation } from '../model/result.ts';
import { freshToken, unknownId } from './actions.ts';
import type { CaseRequest } from './requests.ts';
import type { Scenario } from './scenario.ts';

// What is sent to be refused.

export const noKey = { value: null, shown: '' } as const;
export const unknownKey = { value: 'no-key-of-this-scheduler', shown: 'no-key-of-this-scheduler' } as const;

/** A request that would do as little as possible if it got through. */
export const harmlessRequest = (s: Scenario, operation: Operation): CaseRequest => {
  if (operation === 'getActiveInstances') return { operation };
  const token = freshToken(s);
  return { operation, body: operation === 'claimInstance' ? { token } : { token, instance_id: unknownId() } };
};
