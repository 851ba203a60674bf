import type { ErrorRequestHandler, RequestHandler } from 'express';
import { type ApiResponse, type ErrorAnswer, errorAnswer, sendError } from '../http/answers.ts';
import { isUnknownPath } from '../http/validate.ts';
import type { ApiDescription } from '../openapi/load.ts';

const methods = ['get', 'post', 'put', 'patch', 'delete'];

const unknownOperation = ({ paths }: ApiDescription): ErrorAnswer => {
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    methods.filter((method) => method in item).map((method) => `${method.toUpperCase()} ${path}`),
  );
  return errorAnswer('404.uri', 'Unknown path', {
    detail: `The control API has no such operation. It serves ${operations.join(', ')}.`,
  });
};

/** Answers what came past all operations. */
export const refuseUnknownOperations =
  (api: ApiDescription): RequestHandler =>
  (_request, response: ApiResponse) =>
    sendError(response, unknownOperation(api));

/** The same where it was the check against the description that does not know the path. */
export const answerUnknownOperations =
  (api: ApiDescription): ErrorRequestHandler =>
  (error, _request, response: ApiResponse, next) => {
    if (isUnknownPath(error)) sendError(response, unknownOperation(api));
    else next(error);
  };
