import type { Profile } from './profile.ts';
import type { RecordedAnswer } from './questions.ts';

/** What of the gateway's doing is a choice where public documents are silent. */
export type GatewayPolicies = {
  /** What an instance serves. */
  readonly instancePer: 'request' | 'connection';
  /** The statuses of another load balancer's own answers, by those of ours. */
  readonly statuses: Readonly<Record<number, number>>;
  /** Which of X-Forwarded-* a function gets. */
  readonly forwarded: readonly Forwarded[];
};

/** `proto-version` is -Proto with the version of HTTP, of which a newer page speaks, and not with the scheme. */
const forwarded = ['for', 'host', 'port', 'proto', 'proto-version', 'scheme'] as const;

export type Forwarded = (typeof forwarded)[number];

/**
 * PARITY: public pages contradict each other about X-Forwarded-*: of -Proto one says "HTTP/HTTPS", a newer one "HTTP/1.0,
 * HTTP/2.0". Here the scheme is in -Proto and -Scheme alike (our choice).
 */
const ownForwarded: readonly Forwarded[] = ['for', 'host', 'port', 'proto', 'scheme'];

/** Null of an answer with a name that is none of these. */
const parseForwarded = ({ behaviour = '' }: RecordedAnswer = {}): readonly Forwarded[] | null => {
  if (behaviour === 'none') return [];
  const names = behaviour.split(', ');
  const known = forwarded.filter((name) => names.includes(name));
  return known.length === names.length ? known : null;
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
  forwarded: parseForwarded(answers['linked-forwarded']) ?? ownForwarded,
  instancePer: answers['linked-connection']?.behaviour === 'per-connection' ? 'connection' : 'request',
  statuses: Object.fromEntries(
    Object.entries(statusQuestions).flatMap(([question, ours]) => {
      const { status = 0 } = answers[question] ?? {};
      return status < 400 ? [] : [[ours, status]];
    }),
  ),
});

/** Whether the gateway can do as the recorded answer says. It cannot refuse at once: the stack says how long claims wait. */
export const isImitatedByGateway = (question: string, answer: RecordedAnswer): boolean => {
  const { status = 0, behaviour } = answer;
  if (question === 'linked-connection') return behaviour === 'per-connection';
  if (question === 'linked-forwarded') return parseForwarded(answer) !== null;
  return Object.hasOwn(statusQuestions, question) && status >= 400 && behaviour !== 'at-once';
};
