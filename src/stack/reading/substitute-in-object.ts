import { describeMissing, placeholders, type Substitution } from '../variables/stack-variables.ts';
import type { Path, Report, Written } from './report.ts';

/**
 * A stack that was built in code with values in the place of variables; what names none is the same object as before. Every
 * value is text, as in quotes: code that wants a number has one.
 */
export const substituteInObject = (value: unknown, report: Report, substitution: Substitution): unknown => {
  const written = new Map<string, Written>();
  const toKey = (path: Path): string => JSON.stringify(path);
  const fill = (template: string, path: Path): string => {
    if (template.search(placeholders) === -1) return template;
    const filled = substitution.fill(template);
    written.set(toKey(path), { template, filled: 'text' in filled });
    if ('text' in filled) return filled.text;
    for (const name of filled.missing) report.problem(path, describeMissing(name, true), null);
    return template;
  };
  const visit = (inner: unknown, path: Path, around: readonly object[]): unknown => {
    if (typeof inner === 'string') return fill(inner, path);
    if (!isPlain(inner) || around.includes(inner)) return inner;
    const entries = Object.entries(inner);
    const filled = entries.map(([key, entry]) => {
      const name = Array.isArray(inner) ? Number(key) : fill(key, [...path, key]);
      return [name, visit(entry, [...path, name], [...around, inner])] as const;
    });
    if (filled.every(([key, entry], index) => String(key) === entries[index]?.[0] && entry === entries[index]?.[1])) {
      return inner;
    }
    return Array.isArray(inner) ? filled.map(([, entry]) => entry) : Object.fromEntries(filled);
  };
  const result = visit(value, [], []);
  report.origin = {
    locate: () => null,
    written: (path) =>
      path.map((_, index) => written.get(toKey(path.slice(0, index + 1)))).find((entry) => entry !== undefined) ?? null,
    conceal: substitution.conceal,
  };
  return result;
};

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' &&
  value !== null &&
  (Array.isArray(value) || [Object.prototype, null].includes(Object.getPrototypeOf(value)));
