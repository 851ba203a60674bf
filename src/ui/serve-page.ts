import type { Request, RequestHandler } from 'express';
import { exchangeCode } from '../control/control-code.ts';
import { type ApiResponse, errorAnswer, quote, sendError } from '../http/answers.ts';
import { createExpress } from '../http/app.ts';
import { lazily } from '../shared/async.ts';
import type { Logger } from '../shared/logger.ts';
import type { AccessKey } from '../shared/types.ts';
import type { LinkCodes } from './link-codes.ts';
import { readPageFile } from './page-files.ts';
import { isPageHost } from './page-hosts.ts';

export const pagePath = '/_emulator/ui';

/** Nothing but what this emulator serves, and requests to it alone: no markup of others runs, loads or sends anything. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const headers = {
  'Content-Security-Policy': contentSecurityPolicy,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-cache',
};

const foreignHost = (host: string) =>
  errorAnswer('403.not-allowed', 'Foreign host', {
    detail: `The page is not served under the name ${quote(host)}, which another site could use. Open it by an address or localhost, or start with --ui-host and this name.`,
  });

const noSuchFile = errorAnswer('404.uri', 'Unknown path', {
  detail: `The page has no such file. It begins at ${pagePath}.`,
});

export type PageOptions = {
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
    if (path === '/' && request.method === 'GET' && asksForPage(request)) response.redirect(302, pagePath);
    else if (path === pagePath || path.startsWith(`${pagePath}/`)) serve()(request, response, next);
    else next();
  };
};

/** By name: a client that takes anything wants the API. */
const asksForPage = ({ headers: { accept = '' } }: Request): boolean => /(?:^|[,\s])text\/html\b/i.test(accept);

const createPageApp = ({ codes, accessKeys, hosts, logger }: PageOptions): RequestHandler => {
  const app = createExpress();
  app.use((request, response: ApiResponse, next) => {
    response.locals.operation = 'page';
    response.set(headers);
    const { host = '' } = request.headers;
    if (isPageHost(host, hosts)) next();
    else sendError(response, foreignHost(host));
  });
  app.use(exchangeCode({ codes, accessKeys }, logger));
  app.use((request, response: ApiResponse) => {
    const name = request.path.slice(pagePath.length + 1);
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const file = isRead ? readPageFile(name === '' ? 'index.html' : name) : null;
    if (file === null) return sendError(response, noSuchFile);
    const isGzipped = request.acceptsEncodings('gzip') === 'gzip';
    if (isGzipped) response.set('Content-Encoding', 'gzip');
    // So that a page that is loaded again (page/load.ts) has the parts that have come.
    if (name !== '') response.set('Cache-Control', 'max-age=10');
    response.type(file.type).vary('Accept-Encoding');
    response.send(isGzipped ? file.gzipped : file.bytes);
  });
  return app;
};
