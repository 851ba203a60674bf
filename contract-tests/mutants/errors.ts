import type { Answer, Rejection, Rules } from '../reference/rules.ts';
import { changeAnswers, isRefused, isRefusedAs, type Mutant } from './mutant.ts';

const enveloping = (name: string, description: string, envelope: (rejection: Rejection) => unknown): Mutant => ({
  name,
  description,
  expect: 'fail',
  apply: (rules) => {
    rules.envelope = envelope;
  },
});

const refusing = (
  name: string,
  description: string,
  change: (answer: Answer) => Answer,
  isMeant = (_rules: Rules) => isRefused,
): Mutant => ({
  name,
  description,
  expect: 'fail',
  apply: (rules) => changeAnswers(rules, isMeant(rules), change),
});

const bare = (answer: Answer): Answer => ({ ...answer, body: '{"error":"it failed"}' });

/** The form of errors. */
export const errorMutants: readonly Mutant[] = [
  refusing('error-with-200', 'Errors come with status 200.', (answer) => ({ ...answer, status: 200 })),
  refusing('error-with-another-status', 'The status is not that in the body.', (answer) => ({
    ...answer,
    status: answer.status === 400 ? 422 : 400,
  })),
  enveloping('error-code-of-another-status', 'Codes belong to another status.', (rejection) => ({
    error: { ...rejection, code: rejection.status === 404 ? '403.mismatch' : '404.uri' },
    data: null,
  })),
  enveloping('error-code-unknown', 'Codes are not those of the description.', (rejection) => ({
    error: { ...rejection, code: `${rejection.status}.went-wrong` },
    data: null,
  })),
  enveloping('error-code-with-underscores', 'Codes have an underscore where the dot belongs.', (rejection) => ({
    error: { ...rejection, code: rejection.code.replace('.', '_') },
    data: null,
  })),
  enveloping('error-code-missing', 'Errors have no code.', ({ status, title }) => ({
    error: { status, title },
    data: null,
  })),
  enveloping('error-status-missing', 'The body does not repeat the status.', ({ code, title }) => ({
    error: { code, title },
    data: null,
  })),
  enveloping('error-status-as-text', 'The status in the body is a string.', (rejection) => ({
    error: { ...rejection, status: String(rejection.status) },
    data: null,
  })),
  enveloping('error-title-missing', 'Errors have no title.', ({ status, code }) => ({
    error: { status, code },
    data: null,
  })),
  enveloping('error-data-missing', 'Errors lack their `data: null`.', (rejection) => ({ error: rejection })),
  enveloping('error-data-not-null', 'Errors have an object for data.', (rejection) => ({ error: rejection, data: {} })),
  enveloping('error-as-list', 'Errors come as a list.', (rejection) => ({ error: [rejection], data: null })),
  enveloping('error-source-not-text', 'The source of an error is an object.', (rejection) => ({
    error: { ...rejection, source: { pointer: rejection.source ?? '' } },
    data: null,
  })),
  enveloping('error-unwrapped', 'Errors come without an envelope.', (rejection) => rejection),
  refusing('error-as-html', 'Errors are said to be HTML.', (answer) => ({
    ...answer,
    headers: { 'content-type': 'text/html' },
  })),
  refusing('error-without-content-type', 'Errors have no content type.', (answer) => ({ ...answer, headers: {} })),
  refusing('error-as-problem', 'Errors have the content type of RFC 9457.', (answer) => ({
    ...answer,
    headers: { 'content-type': 'application/problem+json' },
  })),
  refusing('error-with-garbage', 'Something follows the JSON of an error.', (answer) => ({
    ...answer,
    body: `${answer.body}\n<!-- scheduler 1.0 -->`,
  })),
  refusing('error-empty', 'Errors have an empty body.', (answer) => ({ ...answer, body: '' })),
  refusing('error-bare-for-instances', 'Unknown instances answer without the envelope.', bare, (rules) =>
    isRefusedAs(rules, 'noInstance'),
  ),
  refusing('error-bare-for-tokens', 'Wrong tokens answer without the envelope.', bare, (rules) =>
    isRefusedAs(rules, 'wrongToken'),
  ),
  refusing('error-bare-for-states', 'Wrong states answer without the envelope.', bare, (rules) =>
    isRefusedAs(rules, 'wrongState'),
  ),
  refusing('error-bare-for-the-line', 'Claims that waited in vain answer without the envelope.', bare, (rules) =>
    isRefusedAs(rules, 'noneFree'),
  ),
  {
    ...refusing('error-bare-for-types', 'Wrong content types answer without the envelope.', bare, (rules) =>
      isRefusedAs(rules, 'badType'),
    ),
    expect: 'warn',
  },
  {
    ...refusing('error-bare-for-paths', 'Unknown paths answer without the envelope.', bare, (rules) =>
      isRefusedAs(rules, 'badPath'),
    ),
    expect: 'info',
  },
  refusing('error-bare-for-containers', 'Unknown containers answer without the envelope.', bare, (rules) =>
    isRefusedAs(rules, 'noContainer'),
  ),
  refusing('error-bare-for-fields', 'Bad fields answer without the envelope.', bare, (rules) =>
    isRefusedAs(rules, 'invalid'),
  ),
];
