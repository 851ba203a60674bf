import type { Request } from 'express';
import type { operations } from '../openapi/wire-types.ts';

/** What express-openapi-validator notes on a request whose path it knows. */
export type Match = {
  /** The operation as it stands in the description. */
  readonly schema: { readonly operationId?: keyof operations };
  readonly pathParams: { readonly containerId?: string };
};

export type MatchedRequest = Request & { openapi?: Match };
