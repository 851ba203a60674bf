import type { ErrorRequestHandler } from 'express';
import { type ApiResponse, sendRequestError } from './api-response.ts';
import { type ErrorAnswer, errorAnswer } from './error-answer.ts';

/** What the body reader throws; broken compression comes without a `type`. */
type BodyError = Error & { readonly type?: string; readonly status?: number; readonly limit?: number };

const invalidSyntax = (detail: string): ErrorAnswer => errorAnswer('400.invalid-syntax', 'Invalid syntax', { detail });

export const unsupportedContent = (detail: string): ErrorAnswer =>
  errorAnswer('415.invalid-content-type', 'Unsupported content type', { detail });

/** JSON.parse quotes the text it stumbled over, and that may hold a token; its numbers do not. */
const placeOf = (error: Error): string => {
  const place = /line (\d+) column (\d+)/.exec(error.message);
  return place ? ` The parser stopped at line ${place[1]}, column ${place[2]}.` : '';
};

export const toSyntaxAnswer = (error: SyntaxError): ErrorAnswer =>
  invalidSyntax(`The body is not well-formed JSON.${placeOf(error)} Send one complete JSON object.`);

export const notUtf8 = invalidSyntax('The body is not UTF-8. Encode it as UTF-8.');

export const bodyTooLarge = (limitBytes: number): ErrorAnswer =>
  errorAnswer('422.max-exceeded', 'Body too large', {
    detail: `The body is larger than ${limitBytes} bytes. Pass large inputs by other means than variables.`,
  });

const toBodyAnswer = (error: BodyError): ErrorAnswer => {
  switch (error.type) {
    case 'entity.too.large':
      return bodyTooLarge(error.limit ?? 0);
    case 'encoding.unsupported':
      return unsupportedContent(
        'The Content-Encoding is not supported. Send the body plain, or as gzip, deflate or br.',
      );
    default:
      return invalidSyntax('The body could not be read. Send it complete, and as its headers announce it.');
  }
};

/**
 * Answers what the body reader in front of it throws. It stands there and not at the end, because further on an error
 * with a status of 4xx would be a failure of our own.
 */
export const answerBodyErrors: ErrorRequestHandler = (error: BodyError, _request, response: ApiResponse, next) => {
  // Refused while it was arriving: the reader notices that, too, and later.
  if (response.headersSent) return;
  if (error.status !== undefined && error.status >= 400 && error.status < 500)
    sendRequestError(response, toBodyAnswer(error));
  else next(error);
};
