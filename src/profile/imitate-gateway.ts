import type { Profile } from './profile.ts';
import type { RecordedAnswer } from './questions.ts';

/** What of the gateway's doing is a choice where public documents are silent. */
export type GatewayPolicies = {
  /** What an instance serves. */
  readonly instancePer: 'request' | 'connection';
  /** The statuses of another load balancer's own answers, by those of ours. */
  readonly statuses: Readonly<Record<number, number>>;
};

/** The questions whose answer is a status, and ours. */
const statusQuestions: Readonly<Record<string, number>> = {
  'linked-unknown-host': 404,
  'linked-exhausted': 503,
  'linked-exit': 502,
  'linked-silent': 504,
};

/** As the profile says; ours where it does not. */
export const toGatewayPolicies = (answers: Profile['answers']): GatewayPolicies => ({
  instancePer: answers['linked-connection']?.behaviour === 'per-connection' ? 'connection' : 'request',
  statuses: Object.fromEntries(
    Object.entries(statusQuestions).flatMap(([question, ours]) => {
      const { status = 0 } = answers[question] ?? {};
      return status < 400 ? [] : [[ours, status]];
    }),
  ),
});

/** Whether the gateway does as an answer says that is not ours. How long it waits is the waiting line's matter. */
export const isImitatedByGateway = (question: string, { status = 0, behaviour }: RecordedAnswer): boolean =>
  question === 'linked-connection'
    ? behaviour === 'per-connection'
    : Object.hasOwn(statusQuestions, question) && status >= 400 && behaviour !== 'at-once';
