import { renderValue, shorten } from '../../shared/render-value.ts';
import { isRecord } from '../../shared/values.ts';
import { placeholders } from '../variables/stack-variables.ts';
import type { Path, Reporter } from './report.ts';

/** A value that stack variables gave: what stands in its place, and its kind. Their values are never shown. */
const renderWritten = (template: string, value: unknown, { hidden }: { readonly hidden: boolean }): string => {
  const names = template.match(placeholders) ?? [];
  const shown = names.join('') === template || hidden ? names.join(', ') : JSON.stringify(shorten(template));
  return `${shown} (here ${renderValue(value, { hidden: true }).replace(' (not shown)', '')})`;
};

/** A value of the stack, where it stands, and where to complain about it. */
export type Cursor = {
  readonly value: unknown;
  readonly path: Path;
  readonly report: Reporter;
  /** True at and below secrets: complaints then never show the value. */
  readonly hidden: boolean;
};

/** Cycle's format lets nearly every optional field be null; null says the same as leaving it out (documented). */
export const isAbsent = (at: Cursor): boolean => at.value === undefined || at.value === null;

/** The value under a key; absent where the cursor's own value is no object. */
export const child = (at: Cursor, key: string): Cursor => ({
  ...at,
  value: isRecord(at.value) && Object.hasOwn(at.value, key) ? at.value[key] : undefined,
  path: [...at.path, key],
});

export const hide = (at: Cursor): Cursor => ({ ...at, hidden: true });

/** For what lies beside a secret and is none itself. */
export const show = (at: Cursor): Cursor => ({ ...at, hidden: false });

/** Reports a value that breaks a rule. `expected` says what is allowed, without a full stop. */
export const reject = (at: Cursor, expected: string): null => {
  at.report.problem(at.path, describeRejected(at, expected));
  return null;
};

export const describeRejected = (at: Cursor, expected: string): string => {
  const written = at.report.written(at.path);
  if (written !== null) return `got ${renderWritten(written.template, at.value, at)}, expected ${expected}`;
  return isAbsent(at)
    ? `missing, expected ${expected}`
    : `got ${renderValue(at.value, { hidden: at.hidden })}, expected ${expected}`;
};
