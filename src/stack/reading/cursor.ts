import { renderValue, shorten } from '../../shared/render-value.ts';
import { isRecord } from '../../shared/values.ts';
import type { FileContext } from '../model.ts';
import { placeholders } from '../variables/stack-variables.ts';
import type { Path, Reporter } from './report.ts';

/** What a value may name that stands elsewhere. */
type Context = {
  /** The keys of `containers`; null where these cannot be read. */
  readonly containers: readonly string[] | null;
  /** Of the same, where they are known. */
  readonly ids: readonly string[];
  /** Where the fields of a container belong, by name; of none outside of one. */
  readonly homes?: ReadonlyMap<string, readonly string[]>;
  readonly files: FileContext;
};

type Place = {
  readonly value: unknown;
  readonly path?: Path;
  readonly report: Reporter;
  readonly hidden?: boolean;
  readonly context?: Context;
};

export const noContext: Context = { containers: null, ids: [], files: { root: '/' } };

/** A value of the stack, where it stands, and where to complain about it. */
export class Cursor {
  readonly value: unknown;
  readonly path: Path;
  readonly report: Reporter;
  /** True at and below secrets: complaints then never show the value. */
  readonly hidden: boolean;
  readonly context: Context;

  constructor({ value, path = [], report, hidden = false, context = noContext }: Place) {
    this.value = value;
    this.path = path;
    this.report = report;
    this.hidden = hidden;
    this.context = context;
  }

  with(changes: Partial<Place>): Cursor {
    return new Cursor({ ...this, ...changes });
  }

  hide(): Cursor {
    return this.with({ hidden: true });
  }

  /** For what lies beside a secret and is none itself. */
  show(): Cursor {
    return this.with({ hidden: false });
  }

  /** Cycle's format lets nearly every optional field be null; null says the same as leaving it out (documented). */
  get isAbsent(): boolean {
    return this.value === undefined || this.value === null;
  }

  /** The value under a key, and under a key of that; absent where there is no object. */
  child(key: string, ...more: readonly string[]): Cursor {
    const { value } = this;
    const at = this.#under(key, isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined);
    const [next, ...rest] = more;
    return next === undefined ? at : at.child(next, ...rest);
  }

  /** The entries of a list or an object; none of anything else. */
  get entries(): readonly Cursor[] {
    const { value } = this;
    if (Array.isArray(value)) return value.map((entry: unknown, index) => this.#under(index, entry));
    return isRecord(value) ? Object.entries(value).map(([key, entry]) => this.#under(key, entry)) : [];
  }

  #under(step: string | number, value: unknown): Cursor {
    return this.with({ value, path: [...this.path, step] });
  }

  /** Reports a value that breaks a rule. `expected` says what is allowed, without a full stop. */
  reject(expected: string): null {
    this.problem(this.describeRejected(expected));
    return null;
  }

  describeRejected(expected: string): string {
    const written = this.report.written(this.path);
    if (written !== null) return `got ${renderWritten(written.template, this)}, expected ${expected}`;
    return this.isAbsent
      ? `missing, expected ${expected}`
      : `got ${renderValue(this.value, this)}, expected ${expected}`;
  }

  problem(text: string): void {
    this.report.problem(this.path, text);
  }

  warn(text: string): void {
    this.report.warn(this.path, text);
  }

  leaveOut(text: string): void {
    this.report.leaveOut(this.path, text);
  }

  /** Warns of a field that asks for something the emulator does not do, and answers whether it does ask. */
  warnUnsupported(text = 'not supported by the emulator, ignored'): boolean {
    const asks = !asksForNothing(this.value);
    if (asks) this.leaveOut(text);
    return asks;
  }
}

/** A value that stack variables gave: what stands in its place, and its kind. Their values are never shown. */
const renderWritten = (template: string, { value, hidden }: Cursor): string => {
  const names = template.match(placeholders) ?? [];
  const shown = names.join('') === template || hidden ? names.join(', ') : JSON.stringify(shorten(template));
  return `${shown} (here ${renderValue(value, { hidden: true }).replace(' (not shown)', '')})`;
};

/** Cycle's format requires some fields to be there even to say no, such as `privileged: false`: no reason to warn. */
const asksForNothing = (value: unknown, depth = 0): boolean => {
  if (value === null || value === undefined || value === false || value === '' || value === 0) return true;
  if (typeof value !== 'object' || depth > 3) return false;
  return Object.values(value).every((inner) => asksForNothing(inner, depth + 1));
};
