/** Something nothing public settles, and how the emulator answers it unless a profile says otherwise. */
export type Question = {
  readonly asks: string;
  readonly evidence: Exclude<Evidence, 'documented'>;
  readonly ours: RecordedAnswer;
};

const granted: RecordedAnswer = { status: 200 };
const error = (code: string, behaviour?: string): RecordedAnswer => ({
  status: Number.parseInt(code, 10),
  code,
  ...(behaviour === undefined ? {} : { behaviour }),
});
const behaves = (behaviour: string): RecordedAnswer => ({ behaviour });
const choice = (asks: string, ours: RecordedAnswer): Question => ({ asks, evidence: 'our-choice', ours });
const inference = (asks: string, ours: RecordedAnswer): Question => ({ asks, evidence: 'inferred', ours });

const access = {
  'missing-key': choice('What answers a request without an access key?', error('401.auth-invalid')),
  'empty-key': choice('What answers a request with an empty access key?', error('401.auth-invalid')),
  'wrong-key': choice('What answers a request with an unknown access key?', error('401.auth-invalid')),
  'key-or-body-first': choice('Without a key, does the answer report a malformed body?', behaves('key-first')),
  'key-or-container-first': choice('Without a key, does the answer report an unknown container?', behaves('key-first')),
} as const satisfies Questions;

const addressing = {
  'unknown-container-on-claim': choice('What answers a claim of an unknown container?', error('404.container')),
  'unknown-container-on-spawn': choice('What answers a spawn in an unknown container?', error('404.container')),
  'unknown-container-on-release': choice('What answers a release in an unknown container?', error('404.container')),
  'unknown-container-on-active': choice('What answers active of an unknown container?', error('404.container')),
  'malformed-container-id': choice('What answers a container ID that is none?', error('404.container')),
  'no-function-on-claim': choice(
    'What answers a claim of a container that is no function?',
    error('422.not-compatible'),
  ),
  'no-function-on-spawn': choice(
    'What answers a spawn in a container that is no function?',
    error('422.not-compatible'),
  ),
  'no-function-on-release': choice('What answers a release in such a container?', error('422.not-compatible')),
  'no-function-on-active': choice('What answers active of such a container?', error('422.not-compatible')),
  'unknown-path': choice('What answers a path that is none of the API’s?', error('404.uri')),
  'wrong-method': choice('What answers a path of the API asked with another method?', error('404.uri')),
  'trailing-slash': choice('Is a path with a slash behind it the same path?', error('404.uri')),
  'unknown-query': choice('Does an unknown query parameter matter?', granted),
} as const satisfies Questions;

const input = {
  'malformed-json': choice('What answers a body that is no JSON?', error('400.invalid-syntax')),
  'body-no-object': choice('What answers a JSON body that is no object?', error('422.invalid-argument')),
  'missing-body': choice('What answers a request without its body?', error('422.missing-argument')),
  'wrong-content-type': choice('What answers a body whose content type is text?', error('415.invalid-content-type')),
  'missing-token': choice('What answers a body without a token?', error('422.missing-argument')),
  'mistyped-token': choice('What answers a token that is no string?', error('422.invalid-argument')),
  'missing-instance-id': choice('What answers a body without an instance ID?', error('422.missing-argument')),
  'mistyped-instance-id': choice('What answers an instance ID that is no string?', error('422.invalid-argument')),
  'malformed-instance-id': choice('What answers an instance ID of another form?', error('422.invalid-argument')),
  'short-token-on-spawn': choice(
    'What answers a spawn with a token of four characters (D3)?',
    error('422.invalid-argument'),
  ),
  'short-token-on-release': choice('What answers a release with such a token (D3)?', error('422.invalid-argument')),
  'mistyped-variables': choice('What answers variables that are no strings?', error('422.invalid-argument')),
  'impossible-variables': choice('What answers variables no process can have?', error('422.invalid-argument')),
  'large-body': choice('What answers a body of two million bytes?', error('422.max-exceeded')),
} as const satisfies Questions;

const claiming = {
  'empty-token-on-claim': choice('Does claim take an empty token (D3)?', granted),
  'four-character-token-on-claim': choice('Does claim take a token that spawn finds too short (D3)?', granted),
  'long-token': inference('Does claim take a token of 255 characters?', granted),
  'unicode-token': inference('Does claim take a token beyond ASCII?', granted),
  'same-token-twice': inference('May one token hold two instances?', behaves('another-instance')),
  'order-of-instances': choice('Which of the available instances is granted?', behaves('longest-available-first')),
  'exhausted-pool': choice('What answers a claim when no instance becomes free?', error('504.not-available', 'waits')),
  'order-of-waiting': inference(
    'Who is served first when an instance becomes free?',
    behaves('first-come-first-served'),
  ),
  'hung-up-claim': inference('Is an instance kept for a caller that hung up in line?', behaves('nothing-is-claimed')),
} as const satisfies Questions;

const spawning = {
  'wrong-token-on-spawn': choice('What answers a spawn with another token than the claim’s?', error('403.mismatch')),
  'unknown-instance-on-spawn': choice('What answers a spawn of an unknown instance?', error('404.instance')),
  'other-functions-instance-on-spawn': choice(
    'What answers a spawn of another function’s instance?',
    error('404.instance'),
  ),
  'spawn-without-claim': choice('What answers a spawn of an instance without a claim?', error('403.invalid-state')),
  'spawn-after-expiry': choice('What answers a spawn after the ten seconds?', error('403.invalid-state')),
  'spawn-after-release': choice('What answers a spawn after the release?', error('403.invalid-state')),
  'spawn-after-exit': choice('What answers a spawn after the function has ended?', error('403.invalid-state')),
  'second-spawn': choice('What answers a second spawn under the same claim?', error('403.invalid-state')),
  'failed-start': choice('What answers a spawn whose process cannot start?', error('500.unknown')),
} as const satisfies Questions;

const releasing = {
  'wrong-token-on-release': choice(
    'What answers a release with another token than the claim’s?',
    error('403.mismatch'),
  ),
  'unknown-instance-on-release': choice('What answers a release of an unknown instance?', error('404.instance')),
  'other-functions-instance-on-release': choice(
    'What answers a release of another function’s instance?',
    error('404.instance'),
  ),
  'release-without-claim': choice('What answers a release of an instance without a claim?', error('403.invalid-state')),
  'release-after-expiry': choice('What answers a release after the ten seconds?', error('403.invalid-state')),
  'second-release': choice('What answers a second release of the same run?', error('403.invalid-state')),
  'release-before-spawn': choice('May a claim be released that was never spawned?', granted),
  'release-after-exit': choice('What answers the first release of a run that has ended by itself?', granted),
  'release-answer': choice('Which schema does release answer (D2)?', behaves('both')),
  'end-of-a-run': choice('How does release end a run?', behaves('signal-then-answer')),
  'exit-ends-the-claim': inference(
    'Is a run’s instance free again once the function has ended by itself?',
    behaves('at-once'),
  ),
} as const satisfies Questions;

const linking = {
  'linked-connection': choice(
    'Over one connection, has each request to a domain an instance of its own?',
    behaves('per-request'),
  ),
  'linked-stream': choice('When does an answer over HTTP reach its caller?', behaves('as-sent')),
  'linked-forwarded': choice(
    'Which of X-Forwarded-For, -Host, -Port, -Proto and -Scheme does a function get?',
    behaves('for, host, port, proto, scheme'),
  ),
  'linked-unknown-host': choice('What answers a request to a domain that is no function’s?', { status: 404 }),
  'linked-exhausted': choice('What answers a request for which no instance becomes free?', {
    status: 503,
    behaviour: 'waits',
  }),
  'linked-order': inference(
    'Who is served first, a claim or a request to a domain?',
    behaves('first-come-first-served'),
  ),
  'linked-exit': choice('What answers a request whose function ends before it answers?', { status: 502 }),
  'linked-silent': choice('What answers a request whose function never listens?', { status: 504 }),
} as const satisfies Questions;

type Questions = { readonly [name: string]: Question };

/** The questions of a behaviour profile. Their names are part of its format and never change their meaning. */
export const questions = {
  ...access,
  ...addressing,
  ...input,
  ...claiming,
  ...spawning,
  ...releasing,
  ...linking,
} as const;

export type QuestionName = keyof typeof questions;

export const isQuestion = (name: string): name is QuestionName => Object.hasOwn(questions, name);

/**
 * How strong a statement is: the public description says so; it follows from schemas, the client or configuration; or
 * nothing public says, and the emulator had to choose.
 */
export type Evidence = 'documented' | 'inferred' | 'our-choice';

/** How a target answers one question: the status, the code of an error, and a word for behaviour beyond these. */
export type RecordedAnswer = { readonly status?: number; readonly code?: string; readonly behaviour?: string };

/** An answer in a few words; `200`, `404.instance`, `504.not-available, waits`. */
export const renderAnswer = (answer: RecordedAnswer | null): string => {
  if (answer === null) return 'not asked';
  const { status, code, behaviour } = answer;
  const said = code?.startsWith(`${status}.`) ? code : [status, code].filter(Boolean).join(' ');
  return [said, behaviour].filter(Boolean).join(', ');
};
