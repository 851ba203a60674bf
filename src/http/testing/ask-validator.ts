import express, { type Request, type Response, Router } from 'express';
import type { ApiDescription } from '../../openapi/load.ts';
import { validateByMiddleware } from '../api-validation.ts';
import type { RequestParts } from '../compiled-checks.ts';

/**
 * What the validator by itself says of a request, and then of its answer: null where it lets it pass, else what it threw.
 * Nothing is sent anywhere.
 */
export const createValidatorOf = (description: ApiDescription) => {
  const app = express();
  app.set('query parser', false);
  app.enable('case sensitive routing');
  app.enable('strict routing');
  const validator = Router().use(...validateByMiddleware(description));
  return (parts: RequestParts, answer?: { readonly status: number; readonly body: unknown }): Promise<unknown> =>
    new Promise((resolve) => {
      const request = { ...structuredClone(parts), url: parts.originalUrl, app };
      Object.setPrototypeOf(request, app.request);
      const response = {
        statusCode: answer?.status,
        getHeaders: () => ({ 'content-type': 'application/json; charset=utf-8' }),
        json: () => resolve(null),
      };
      validator(request as unknown as Request, response as unknown as Response, (failure) => {
        if (failure !== undefined || answer === undefined) resolve(failure ?? null);
        else (response.json as (body: unknown) => void)(answer.body);
      });
    });
};
