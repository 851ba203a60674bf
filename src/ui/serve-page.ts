import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { readControlApi } from '../control/control-app.ts';
import { type ApiResponse, errorAnswer, quote, sendData, sendError } from '../http/answers.ts';
import { createExpress } from '../http/app.ts';
import { parseJsonBody } from '../http/request-body.ts';
import { handleErrors, validateApi } from '../http/validate.ts';
import type { operations } from '../openapi/control-types.ts';
import { lazily } from '../shared/async.ts';
import { systemClock } from '../shared/clock.ts';
import type { Logger } from '../shared/logger.ts';
import type { AccessKey } from '../shared/types.ts';
import { readPageFile } from './page-files.ts';
import { isPageHost } from './page-hosts.ts';

export const pagePath = '/_emulator/ui';

/** How long a code is of use, in real time; and how many codes there may be, past which the oldest is of no use any more. */
export const codeLifeMs = 10 * 60_000;
export const mostCodes = 16;

const digestOf = (code: string): Buffer => hash('sha256', code, 'buffer');

/**
 * Codes that stand for an access key in links to the page, each for one use: a link is printed, copied and kept by
 * browsers, and a key should not be.
 */
export class LinkCodes {
  #issued: { readonly digest: Buffer; readonly until: number }[] = [];
  readonly #now: () => number;

  constructor(now: () => number = systemClock.now) {
    this.#now = now;
  }

  issue(): string {
    const code = randomBytes(24).toString('base64url');
    this.#issued = [...this.#issued, { digest: digestOf(code), until: this.#now() + codeLifeMs }].slice(-mostCodes);
    return code;
  }

  /** Whether it was issued, in time and not used before; it is of no use from now on. */
  take(code: string): boolean {
    const digest = digestOf(code);
    const now = this.#now();
    // Compares with all of them, so that the time it takes shows nothing.
    const found = this.#issued.filter((issued) => timingSafeEqual(issued.digest, digest));
    this.#issued = this.#issued.filter((issued) => !found.includes(issued) && issued.until > now);
    return found.some(({ until }) => until > now);
  }
}

/** Nothing but what this emulator serves, and requests to it alone: no markup of others runs, loads or sends anything. */
const contentSecurityPolicy = [
  ...['default-src', 'base-uri', 'form-action', 'frame-ancestors'].map((directive) => `${directive} 'none'`),
  ...['script-src', 'style-src', 'connect-src', 'img-src'].map((directive) => `${directive} 'self'`),
].join('; ');

const headers = {
  'Content-Security-Policy': contentSecurityPolicy,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-cache',
};

/** The one script that stands in the page itself: the browser runs it by its digest, and no other. */
const withScriptOf = (page: Buffer): string => {
  const [, script = ''] = /<script>(.*?)<\/script>/s.exec(page.toString()) ?? [];
  const digest = hash('sha256', script, 'base64');
  return contentSecurityPolicy.replace("script-src 'self'", `script-src 'self' 'sha256-${digest}'`);
};

const foreignHost = (host: string) =>
  errorAnswer('403.not-allowed', 'Foreign host', {
    detail: `The page is not served under the name ${quote(host)}, which another site could use. Open it by an address or localhost, or start with --ui-host and this name.`,
  });

const noSuchFile = errorAnswer('404.uri', 'Unknown path', {
  detail: `The page has no such file. It begins at ${pagePath}.`,
});

const uselessCode = errorAnswer('401.auth-invalid', 'Invalid code', {
  detail: 'The code was used before, is too old or belongs to another emulator. Enter an access key.',
});

type PageOptions = {
  readonly codes: LinkCodes;
  readonly accessKeys: readonly AccessKey[];
  /** Names under which it is served beside addresses and localhost. */
  readonly hosts: readonly string[];
  readonly logger: Logger;
};

/**
 * The page, open to all: it holds nothing, and what it shows needs the access key. All else passes by. What carries the
 * key is not asked for its host: a site that has rebound its name has no key.
 */
export const servePage = (options: PageOptions): RequestHandler => {
  const serve = lazily(() => createPageApp(options));
  return (request, response, next) => {
    const { path } = request;
    if (path === '/' && request.method === 'GET' && asksForPage(request)) {
      response.locals['operation'] = 'page';
      response.redirect(302, pagePath);
    } else if (path === pagePath || path.startsWith(`${pagePath}/`)) serve()(request, response, next);
    else next();
  };
};

/** By name: a client that takes anything wants the API. */
const asksForPage = ({ headers: { accept = '' } }: Request): boolean => /(?:^|[,\s])text\/html\b/i.test(accept);

/** The one operation without an access key: gives that for a code, which only who reads the output of the start knows. */
const exchangeCode =
  ({ codes, accessKeys }: PageOptions): RequestHandler =>
  (request, response: ApiResponse) => {
    const { code }: operations['exchangeCode']['requestBody']['content']['application/json'] = request.body;
    const key = accessKeys.find(({ secret }) => secret !== '');
    if (codes.take(code) && key !== undefined) sendData(response, { access_key: key.secret });
    else sendError(response, uselessCode);
  };

const createPageApp = (options: PageOptions): RequestHandler => {
  const app = createExpress();
  app.use((request, response: ApiResponse, next) => {
    response.locals.operation = 'page';
    response.set(headers);
    const { host = '' } = request.headers;
    if (isPageHost(host, options.hosts)) next();
    else sendError(response, foreignHost(host));
  });
  app.post(`${pagePath}/exchange`, ...parseJsonBody(1_024), validateApi(readControlApi), exchangeCode(options));
  app.use((request, response: ApiResponse) => {
    const name = request.path.slice(pagePath.length + 1);
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const file = isRead ? readPageFile(name === '' ? 'index.html' : name) : null;
    if (file === null) return sendError(response, noSuchFile);
    const isGzipped = request.acceptsEncodings('gzip') === 'gzip';
    if (isGzipped) response.set('Content-Encoding', 'gzip');
    if (file.type === '.html') response.set('Content-Security-Policy', withScriptOf(file.bytes));
    // So that a page that is loaded again (index.html) has the parts that have come.
    else response.set('Cache-Control', 'max-age=10');
    response.type(file.type).vary('Accept-Encoding');
    response.send(isGzipped ? file.gzipped : file.bytes);
  });
  app.use(handleErrors(options.logger));
  return app;
};
