import axe from 'axe-core';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
  type Request,
  type Route,
} from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { findChromium } from '../../scripts/bare-machine/ensure-chromium.ts';

/** For one step of a page, on a machine under load. */
const stepWithinMs = 15_000;

/** For `expect.poll`. */
export const inTime = { timeout: stepWithinMs };

export type Visit = Pick<BrowserContextOptions, 'colorScheme' | 'viewport' | 'permissions'> & {
  /**
   * What the browser may write to the console all the same. It notes each answer that is an error there, and each
   * connection that is refused, so a test that brings those about names them.
   */
  readonly mayLog?: RegExp;
};

/** A page of its own, with nothing stored. Disposing closes it, and throws where anything was wrong that it did not show. */
export interface VisitedPage extends AsyncDisposable {
  readonly page: Page;
  /** The URL of each request, in order. */
  readonly requests: readonly string[];
  /** Rules that axe finds broken in what is shown, each with the places. */
  violations(): Promise<readonly string[]>;
}

/** Starts one browser for the tests of a file. Called at the top of the file: what a test starts would end with that test. */
export const useBrowser = (): { visit(url: string, visit?: Visit): Promise<VisitedPage> } => {
  let browser: Browser | null = null;
  beforeAll(async () => {
    const executablePath = findChromium();
    if (executablePath === null) throw new Error('Failed to find Chromium. Run `npm run setup`.');
    // Pages that nothing shows are drawn and timed as others are.
    browser = await chromium.launch({ executablePath, args: ['--disable-renderer-backgrounding'] });
  });
  afterAll(() => browser?.close());
  return {
    visit: async (url, { mayLog, ...options } = {}) => {
      if (browser === null) throw new Error('the browser is started before the first test');
      const context = await browser.newContext({ ...options, reducedMotion: 'reduce' });
      return await visitPage(context, url, mayLog);
    },
  };
};

/**
 * A browser gives up requests when an address of the machine comes or goes, and Docker's do so all the time, of other tests,
 * too. Streams are connected again by the page; all else is asked from here.
 */
const networkChanged = /net::ERR_NETWORK_CHANGED/;

const isStream = (request: Request): boolean => request.headers()['accept'] === 'text/event-stream';

const passOn = async (route: Route): Promise<void> => {
  if (isStream(route.request())) return await route.continue();
  try {
    await route.fulfill({ response: await route.fetch({ maxRedirects: 0, timeout: 0 }) });
  } catch {
    // The page may have given it up itself.
    await route.abort('connectionrefused').catch(() => {});
  }
};

const visitPage = async (context: BrowserContext, url: string, mayLog: RegExp | undefined): Promise<VisitedPage> => {
  context.setDefaultTimeout(stepWithinMs);
  const problems: string[] = [];
  const requests: string[] = [];
  const { origin } = new URL(url);
  await context.route('**/*', async (route) => {
    const to = route.request().url();
    requests.push(to);
    if (new URL(to).origin === origin) return await passOn(route);
    problems.push(`a request left the origin: ${to}`);
    await route.abort();
  });
  context.on('weberror', (error) => problems.push(`an error was not caught: ${error.error().message}`));
  // What the Content-Security-Policy refuses is an error of the console, too.
  context.on('console', (message) => {
    const text = message.text();
    const isWrong = message.type() === 'error' || message.type() === 'warning';
    if (isWrong && !networkChanged.test(text) && mayLog?.test(text) !== true)
      problems.push(`the console says: ${text}`);
  });
  const page = await context.newPage();
  await page.goto(url);
  return {
    page,
    requests,
    violations: () => findViolations(page),
    [Symbol.asyncDispose]: async () => {
      await context.unrouteAll({ behavior: 'ignoreErrors' });
      await context.close();
      if (problems.length > 0) throw new Error(`The page was not well:\n${problems.join('\n')}`);
    },
  };
};

type AxeResult = {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
};

/** As expressions, which the developer tools evaluate: the page's own policy stands. */
const findViolations = async (page: Page): Promise<readonly string[]> => {
  await page.evaluate(`${axe.source}; undefined`);
  const found = await page.evaluate('axe.run(document, { resultTypes: ["violations"] }).then((run) => run.violations)');
  return (found as readonly AxeResult[]).flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
  );
};
