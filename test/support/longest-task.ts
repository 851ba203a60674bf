import type { Page } from 'playwright-core';

type TraceEvent = {
  readonly name: string;
  readonly cat: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds of processor time of the thread. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
};

/**
 * The longest task of the page's main thread during the work, in milliseconds of its own processor time. Not by the clock on
 * the wall, as the browser's Long Tasks API has it: here all draw in software on the same few cores as other tests, and a
 * task that is made to wait for them is no fault of the page's.
 */
export const longestTaskMs = async (page: Page, work: () => Promise<void>): Promise<number> => {
  const browser = page.context().browser();
  if (browser === null) throw new Error('the page belongs to no browser that can be traced');
  await browser.startTracing(page, {
    categories: ['toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline'],
  });
  await work();
  const trace = JSON.parse((await browser.stopTracing()).toString()) as { readonly traceEvents: readonly TraceEvent[] };
  const mainThreads = trace.traceEvents.filter(
    ({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain',
  );
  const isMain = ({ pid, tid }: TraceEvent): boolean => mainThreads.some((one) => one.pid === pid && one.tid === tid);
  const tasks = trace.traceEvents.filter((event) => /(?:^|::)RunTask$/.test(event.name) && isMain(event));
  return Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1_000;
};
