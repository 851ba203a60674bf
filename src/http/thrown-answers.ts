import { type ErrorAnswer, errorAnswer } from './error-answer.ts';
import { loadValidator } from './validator.ts';
import { leastTokenLength } from './wire-format.ts';

type Complaint = { readonly path: string; readonly message: string; readonly errorCode?: string };

/** The description lets claims have any token (documented), and so one that the other operations must refuse. */
const shortToken = `The API grants a claim with it, and neither spawns nor releases it. Claim again with a token of at least ${leastTokenLength} characters.`;

/** What the validator found wrong with a field; its messages name rules and never values. */
const fieldAnswer = ({ path, message, errorCode }: Complaint): ErrorAnswer => {
  // An empty pointer means the whole body, which needs no pointing at.
  const source = path.replace(/^\/body/, '');
  const more = source === '' ? {} : { source };
  const what = source === '' ? 'The body' : `Field ${source}`;
  const advice = source === '/token' && errorCode === 'minLength.openapi.validation' ? ` ${shortToken}` : '';
  return errorCode === 'required.openapi.validation'
    ? errorAnswer('422.missing-argument', 'Missing argument', { ...more, detail: `${what} is missing. Send it.` })
    : errorAnswer('422.invalid-argument', 'Invalid argument', { ...more, detail: `${what} ${message}.${advice}` });
};

const unknownUri = (detail: string): ErrorAnswer => errorAnswer('404.uri', 'Unknown path', { detail });

/** The answer to a request for an unknown operation. */
export const unknownPath = unknownUri(
  'The scheduler serves POST claim, spawn and release, and GET active, under /v1/functions/{containerId}/. Check path and spelling.',
);

/** The answer where the emulator's own paths are asked for, and are not served. */
export const noControlHere = unknownUri(
  'No control API is served here. It has a port of its own (start --control-port), or is turned off (--no-control).',
);

/** PARITY: 405 is not among the public statuses, so another method is another unknown path. */
export const wrongMethod = unknownUri('The path exists, but not for this method. Use the one in the header Allow.');

/** What the validator says without a code is about the URL: it could not decode it. */
const undecodableUrl = errorAnswer('400.invalid-syntax', 'Invalid syntax', {
  detail: 'The URL has a percent sign that encodes nothing. Encode it as %25.',
});

/** For everything the caller cannot help; the log says what it was. */
export const internalError = errorAnswer('500.unknown', 'Internal error', {
  detail: 'The scheduler failed unexpectedly. Its log has the reason.',
});

/** Whether the validator threw it because no path of its description fits. */
export const isUnknownPath = (thrown: unknown): boolean => thrown instanceof loadValidator().error.NotFound;

/** The answer to what the validator threw because of the request; null for anything else, which is a failure of ours. */
export const toThrownAnswer = (thrown: unknown): ErrorAnswer | null => {
  const { error: validation } = loadValidator();
  if (isUnknownPath(thrown)) return unknownPath;
  if (thrown instanceof validation.MethodNotAllowed) return wrongMethod;
  if (!(thrown instanceof validation.BadRequest)) return null;
  const [complaint] = thrown.errors;
  return complaint?.errorCode === undefined ? undecodableUrl : fieldAnswer(complaint);
};
