import type { Emulator } from '../../src/emulator/start-emulator.ts';
import type { useBrowser, Visit, VisitedPage } from './browser.ts';

/** A page that was visited with the access key. */
export type OpenPage = VisitedPage & {
  /** Goes to a view, as a copied address does: `timeline`, `requests?status=503`. */
  show(view: string): Promise<void>;
};

type Served = Pick<Emulator, 'url' | 'accessKey'>;

/** Opens the page of an emulator as people do who have no link: it asks for the key, and gets it. */
export const openPage = async (
  browser: ReturnType<typeof useBrowser>,
  { url, accessKey }: Served,
  { view = '', ...visit }: Visit & { readonly view?: string } = {},
): Promise<OpenPage> => {
  const visited = await browser.visit(`${url}/_emulator/ui#/${view}`, visit);
  const { page } = visited;
  await page.getByLabel('Access key').fill(accessKey);
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByRole('navigation', { name: 'Views' }).waitFor();
  const show = async (next: string): Promise<void> => {
    const shown = page.locator(`main.view.${next.replace(/\?.*/, '')}`);
    await page.evaluate(`location.hash = ${JSON.stringify(`#/${next}`)}`);
    await shown.waitFor();
  };
  return { ...visited, show };
};

/** All views, by their place in the hash. */
export const views = ['functions', 'timeline', 'requests', 'try', 'faults', 'events'] as const;
