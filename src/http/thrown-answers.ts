import { error as validation } from 'express-openapi-validator';
import { type ErrorAnswer, errorAnswer } from './error-answer.ts';

const invalidSyntax = (detail: string): ErrorAnswer => errorAnswer('400.invalid-syntax', 'Invalid syntax', { detail });

const unsupported = (detail: string): ErrorAnswer =>
  errorAnswer('415.invalid-content-type', 'Unsupported content type', { detail });

/** JSON.parse quotes the text it stumbled over, and that may hold a token; its numbers do not. */
const placeOf = (error: Error): string => {
  const place = /line (\d+) column (\d+)/.exec(error.message);
  return place ? ` The parser stopped at line ${place[1]}, column ${place[2]}.` : '';
};

/** What the body parser throws, by its `type`. */
const bodyAnswer = (error: Error, type: string): ErrorAnswer => {
  switch (type) {
    case 'entity.parse.failed':
      return invalidSyntax(`The body is not well-formed JSON.${placeOf(error)} Send one complete JSON object.`);
    case 'entity.not.utf8':
      return invalidSyntax('The body is not UTF-8. Encode it as UTF-8.');
    case 'entity.too.large':
      return errorAnswer('422.max-exceeded', 'Body too large', {
        detail: 'The body is larger than the scheduler accepts. Hand large inputs over by other means than variables.',
      });
    case 'encoding.unsupported':
      return unsupported('The body’s Content-Encoding is not supported. Send it plain, or as gzip, deflate or br.');
    case 'charset.unsupported':
      return unsupported('The body’s charset is not supported. Send it as UTF-8.');
    default:
      return invalidSyntax('The body could not be read. Send it complete, as its headers announce it.');
  }
};

type Complaint = { readonly path: string; readonly message: string; readonly errorCode?: string };

/** What the validator found wrong with a field; its messages name rules and never values. */
const fieldAnswer = ({ path, message, errorCode }: Complaint): ErrorAnswer => {
  // An empty pointer means the whole body, which needs no pointing at.
  const source = path.replace(/^\/body/, '');
  const more = source === '' ? {} : { source };
  const what = source === '' ? 'The body' : `Field ${source}`;
  return errorCode === 'required.openapi.validation'
    ? errorAnswer('422.missing-argument', 'Missing argument', { ...more, detail: `${what} is missing. Send it.` })
    : errorAnswer('422.invalid-argument', 'Invalid argument', { ...more, detail: `${what} ${message}.` });
};

const unknownUri = (detail: string): ErrorAnswer => errorAnswer('404.uri', 'Unknown path', { detail });

/** The answer to a request nobody serves. */
export const unknownPath = unknownUri(
  'The scheduler serves POST claim, spawn and release, and GET active, under /v1/functions/{containerId}/. Check path and spelling.',
);

/** PARITY: 405 is not among the public statuses, so another method is another unknown path. */
export const wrongMethod = unknownUri('The path exists, but not for this method. Use the one in the header Allow.');

/** For everything the caller cannot help; the log says what it was. */
export const internalError = errorAnswer('500.unknown', 'Internal error', {
  detail: 'The scheduler failed for a reason of its own. Its log says more.',
});

/** The answer to what a middleware threw because of the request; null where the request is not to blame. */
export const toThrownAnswer = (thrown: unknown): ErrorAnswer | null => {
  if (!(thrown instanceof Error)) return null;
  if (thrown instanceof validation.NotFound) return unknownPath;
  if (thrown instanceof validation.MethodNotAllowed) return wrongMethod;
  if (thrown instanceof validation.UnsupportedMediaType) return unsupported('Send the body as application/json.');
  if (thrown instanceof validation.BadRequest) {
    const [complaint] = thrown.errors;
    // Without a code it is about the URL: the validator could not decode it.
    return complaint?.errorCode === undefined
      ? invalidSyntax('The URL has a percent sign that encodes nothing. Encode it as %25.')
      : fieldAnswer({ ...complaint, errorCode: complaint.errorCode });
  }
  const { type, status } = thrown as { readonly type?: unknown; readonly status?: unknown };
  if (typeof type === 'string') return bodyAnswer(thrown, type);
  // Broken compression comes without a type, and undecodable paths from the router likewise.
  return typeof status === 'number' && status >= 400 && status < 500 ? bodyAnswer(thrown, '') : null;
};
