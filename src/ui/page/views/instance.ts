import { type Content, panel } from '../components.ts';
import { html } from '../lit.ts';
import { hashOf, readRoute } from '../route.ts';

/** Beside any view, while the hash names an instance: `?instance=<id>`. */
export const instancePanel = (id: string): Content => html`
  <aside class="instance" aria-label="Instance">
    ${panel(id, '', html`<a href=${hashOf(readRoute().view || 'functions', { instance: null })} aria-label="Close">×</a>`)}
  </aside>
`;
