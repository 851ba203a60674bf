import axe from 'axe-core';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { findChromium } from '../../scripts/bare-machine/ensure-chromium.ts';
import { type BrowserPlace, makeBrowserPlace } from './browser-namespace.ts';

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
  let place: BrowserPlace | null = null;
  beforeAll(async () => {
    const path = findChromium();
    if (path === null) throw new Error('Failed to find Chromium. Run `npm run setup`.');
    place = await makeBrowserPlace(path);
    // Pages that nothing shows are drawn and timed as others are.
    browser = await chromium.launch({ ...place.launch, args: ['--disable-renderer-backgrounding'] });
  });
  afterAll(async () => {
    await browser?.close();
    place?.[Symbol.dispose]();
  });
  return {
    visit: async (url, { mayLog, ...options } = {}) => {
      if (browser === null || place === null) throw new Error('the browser is started before the first test');
      await place.reach(Number(new URL(url).port));
      const context = await browser.newContext({ ...options, reducedMotion: 'reduce' });
      return await visitPage(context, url, mayLog);
    },
  };
};

const visitPage = async (context: BrowserContext, url: string, mayLog: RegExp | undefined): Promise<VisitedPage> => {
  context.setDefaultTimeout(stepWithinMs);
  const problems: string[] = [];
  const requests: string[] = [];
  const { origin } = new URL(url);
  context.on('request', (request) => {
    const to = request.url();
    requests.push(to);
    if (new URL(to).origin !== origin) problems.push(`a request left the origin: ${to}`);
  });
  context.on('weberror', (error) => problems.push(`an error was not caught: ${error.error().message}`));
  // What the Content-Security-Policy refuses is an error of the console, too.
  context.on('console', (message) => {
    const text = message.text();
    const isWrong = message.type() === 'error' || message.type() === 'warning';
    if (isWrong && mayLog?.test(text) !== true) problems.push(`the console says: ${text}`);
  });
  const page = await context.newPage();
  await page.goto(url);
  return {
    page,
    requests,
    violations: () => findViolations(page),
    [Symbol.asyncDispose]: async () => {
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
