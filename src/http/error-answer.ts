import type { ApiErrorCode, ApiErrorStatus, ErrorEnvelope } from './wire-format.ts';

export type ErrorAnswer = {
  readonly status: ApiErrorStatus;
  readonly code: ApiErrorCode;
  /** The same for all failures of a kind. */
  readonly title: string;
  /** What happened and what to do. Never holds a key or a token. */
  readonly detail?: string;
  /** A JSON pointer into the request's body. */
  readonly source?: string;
};

type StatusOf<Code extends string> = Code extends `${infer Status extends number}.${string}` ? Status : never;

/** Codes begin with their status, so it is written once. */
export const errorAnswer = (
  code: ApiErrorCode,
  title: string,
  more: { readonly detail?: string; readonly source?: string } = {},
): ErrorAnswer => ({ status: Number.parseInt(code, 10) as StatusOf<ApiErrorCode>, code, title, ...more });

/** The body of an error, everywhere: for the app as well as for requests that never reach it. */
export const toErrorBody = (answer: ErrorAnswer): string => {
  const { status, code, title, detail, source } = answer;
  const envelope: ErrorEnvelope = {
    error: {
      status,
      code,
      title,
      ...(detail === undefined ? {} : { detail }),
      ...(source === undefined ? {} : { source }),
    },
    data: null,
  };
  return JSON.stringify(envelope);
};

const longestQuote = 64;

/** A value of the caller's inside one of our sentences: quoted, on one line, and not longer than our own words. */
export const quote = (value: string): string =>
  JSON.stringify(value.length > longestQuote ? `${value.slice(0, longestQuote)}...` : value);
