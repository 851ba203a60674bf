import { html, nothing, type TemplateResult } from './lit.ts';
import type { Instance } from './model.ts';

/** What views render: texts are escaped by the library. */
export type Content = TemplateResult | string | typeof nothing;

export const stateWords: Readonly<Record<Instance['state'], string>> = {
  available: 'free',
  claimed: 'claimed',
  starting: 'starting',
  running: 'running',
  stopping: 'stopping',
  preparing: 'being made',
  failed: 'failed',
};

/** Where there is nothing to show, and why. */
export const emptyState = (title: string, hint: Content = nothing): Content => html`
  <div class="empty"><p>${title}</p>${hint === nothing ? nothing : html`<p class="hint">${hint}</p>`}</div>
`;

/** What went wrong, beside what was tried. */
export const problem = (error: unknown): Content =>
  error == null
    ? nothing
    : html`<p class="problem" role="alert">${error instanceof Error ? error.message : String(error)}</p>`;

/** JSON, or a text as it is. */
export const asIs = (label: string, value: unknown): Content => html`
  <pre class="as-is" tabindex="0" aria-label=${label}>${typeof value === 'string' ? value : JSON.stringify(value, null, 2)}</pre>
`;

/** In a list of facts; nothing where there is no such fact. */
export const field = (name: string, value: Content | null): Content =>
  value === null || value === '' ? nothing : html`<div><dt>${name}</dt><dd>${value}</dd></div>`;

/** What stands in the field now. */
export const entered = ({ currentTarget }: Event): string => (currentTarget as HTMLInputElement).value;

/** A panel with a heading of its own and what stands at its right. */
export const panel = (title: Content, content: Content, actions: Content = nothing): Content => html`
  <section class="panel"><header><h2>${title}</h2>${actions}</header>${content}</section>
`;

/** Where the browser gives a page no clipboard, as on an origin without HTTPS, the text is selected. */
const copy = async ({ currentTarget }: Event): Promise<void> => {
  const button = currentTarget as HTMLButtonElement;
  const text = button.parentElement?.querySelector('pre');
  if (text == null) return;
  getSelection()?.selectAllChildren(text);
  try {
    await navigator.clipboard.writeText(text.textContent ?? '');
    button.textContent = 'Copied';
  } catch {
    button.textContent = 'Selected';
  }
  setTimeout(() => {
    button.textContent = 'Copy';
  }, 1_500);
};

/** Text for another program, and a button that copies it. */
export const copyable = (text: string): Content => html`
  <div class="copyable">${asIs('To copy', text)}<button type="button" @click=${copy}>Copy</button></div>
`;
