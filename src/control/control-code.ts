import { type RequestHandler, Router } from 'express';
import { type ApiResponse, errorAnswer, sendData, sendError } from '../http/answers.ts';
import { parseJsonBody } from '../http/request-body.ts';
import { handleErrors, validateApi } from '../http/validate.ts';
import type { operations } from '../openapi/control-types.ts';
import type { Logger } from '../shared/logger.ts';
import type { AccessKey } from '../shared/types.ts';
import { readControlApi } from './control-app.ts';

type Exchange = operations['exchangeCode']['requestBody']['content']['application/json'];

export type CodeExchange = {
  /** Whether it is a code that still counts; it does not from then on. */
  readonly codes: { take(code: string): boolean };
  readonly accessKeys: readonly AccessKey[];
};

const uselessCode = errorAnswer('401.auth-invalid', 'Invalid code', {
  detail: 'The code was used before, is too old or belongs to another emulator. Enter an access key.',
});

/** The one operation without an access key: gives that for a code, which only who reads the output of the start knows. */
export const exchangeCode = ({ codes, accessKeys }: CodeExchange, logger: Logger): RequestHandler => {
  const router = Router({ strict: true, caseSensitive: true });
  const exchange: RequestHandler = (request, response: ApiResponse) => {
    const { code }: Exchange = request.body;
    const key = accessKeys.find(({ secret }) => secret !== '');
    if (codes.take(code) && key !== undefined) sendData(response, { access_key: key.secret });
    else sendError(response, uselessCode);
  };
  router.post('/_emulator/ui/exchange', ...parseJsonBody(1_024), validateApi(readControlApi), exchange);
  router.use(handleErrors(logger));
  return router;
};
