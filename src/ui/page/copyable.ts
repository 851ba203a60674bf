import { asIs, type Content } from './components.ts';
import { html } from './lit.ts';

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
