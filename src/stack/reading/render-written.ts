import { renderValue, shorten } from '../../shared/render-value.ts';
import { placeholders } from '../variables/variable-name.ts';

/** A value that stack variables gave: what stands in its place, and its kind. Their values are never shown. */
export const renderWritten = (template: string, value: unknown, { hidden }: { readonly hidden: boolean }): string => {
  const names = template.match(placeholders) ?? [];
  const shown = names.join('') === template || hidden ? names.join(', ') : JSON.stringify(shorten(template));
  return `${shown} (here ${renderValue(value, { hidden: true }).replace(' (not shown)', '')})`;
};
