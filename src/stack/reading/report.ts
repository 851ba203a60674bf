import { EmulatorError, type ErrorCode } from '../../shared/errors.ts';

/** The way from the top of a stack to one of its values: keys of maps and indexes of lists. */
export type Path = readonly (string | number)[];

/** A key of a map as a step. The YAML parser has a symbol for the key `<<`. */
export const toStep = (key: unknown): string => (typeof key === 'symbol' ? (key.description ?? '') : String(key));

const plainKey = /^[\w-]+$/;

/** `containers.hello.config.network.ports[0]`; a key with other characters is quoted, so that a line stays a line. */
export const renderPath = (path: Path): string => path.map(renderStep).join('').replace(/^\./, '');

const renderStep = (step: string | number): string =>
  typeof step === 'string' && plainKey.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;

/** 1-based, as editors count. */
export type Position = { readonly line: number; readonly column: number };

/** What is known of a value besides itself: where it stands, and which stack variables it was made with. */
type Origin = {
  /** Where a path lies in the text; null where the stack did not come from a text. */
  readonly locate: (path: Path) => Position | null;
  /** What stands in the place of a value that variables gave, such as `{{name}}`; null of any other value. */
  readonly written: (path: Path) => Written | null;
  /** A message without values of variables. */
  readonly conceal: (message: string, options: { readonly about: boolean }) => string;
};

export type Written = {
  readonly template: string;
  /** False where a variable has no value: that is the one problem of this place. */
  readonly filled: boolean;
};

/** What stack variables have made of nodes: those without an entry are as the file has them. */
export type WrittenNodes = WeakMap<object, Written>;

/** Where readers say what they find: at the place of the path, at another, or, with null, at none. */
export interface Reporter {
  /** What keeps the stack from being used. */
  problem(path: Path, text: string, position?: Position | null): void;
  /** What is likely a mistake, and is left out. */
  warn(path: Path, text: string, position?: Position | null): void;
  /** What the platform acts on and the emulator does not. */
  leaveOut(path: Path, text: string): void;
  written(path: Path): Written | null;
}

type Finding = { readonly path: Path; readonly position: Position | null | undefined; readonly text: string };

/** More lines than this help no reader, and looking up their positions would take long. */
const mostFindings = 100;

/**
 * Collects everything there is to say about a stack, so that a user corrects it in one go instead of one problem at a
 * time. A value with a problem cannot be used; a warning names something the emulator leaves out.
 */
export class Report implements Reporter {
  readonly #problems: Finding[] = [];
  readonly #warnings: Finding[] = [];
  #problemsLeftOut = 0;
  #warningsLeftOut = 0;
  /** Set by what makes the values that are read. */
  origin: Origin = { locate: () => null, written: () => null, conceal: (message) => message };

  problem(path: Path, text: string, position?: Position | null): void {
    if (this.#problems.length >= mostFindings) this.#problemsLeftOut += 1;
    else if (position !== undefined || !this.#isUnfilled(path)) this.#problems.push({ path, position, text });
  }

  warn(path: Path, text: string, position?: Position | null): void {
    if (this.#warnings.length >= mostFindings) this.#warningsLeftOut += 1;
    else if (position !== undefined || !this.#isUnfilled(path)) this.#warnings.push({ path, position, text });
  }

  /** What is said there of the value or the key is a consequence. */
  #isUnfilled(path: Path): boolean {
    return this.written(path)?.filled === false;
  }

  leaveOut(path: Path, text: string): void {
    this.warn(path, text);
  }

  written(path: Path): Written | null {
    return this.origin.written(path);
  }

  get failed(): boolean {
    return this.#problems.length > 0;
  }

  /** One line per warning in the order of the text, as problems have. */
  warningLines(source: string): readonly string[] {
    const isProblem = (warning: Finding) => this.#problems.some((problem) => isSameOf(problem, warning));
    const warnings = this.#warnings.filter((warning) => !isProblem(warning));
    return [...this.#toLines(warnings, source, ''), ...leftOut(this.#warningsLeftOut, 'warnings')];
  }

  /** One line per problem in the order of the text: `file:line:column path: what is wrong`. */
  problemLines(source: string): readonly string[] {
    return [...this.#toLines(this.#problems, source, source), ...leftOut(this.#problemsLeftOut, 'problems')];
  }

  /** `nowhere` stands in the place of file, line and column where they are not known. */
  #toLines(findings: readonly Finding[], source: string, nowhere: string): readonly string[] {
    const located = findings.map((finding) => ({
      ...finding,
      position: finding.position === undefined ? this.origin.locate(finding.path) : finding.position,
    }));
    return located
      .filter(isFirstAtItsPlace)
      .sort(byPosition)
      .map(({ path, position, text }) => {
        const place = position === null ? nowhere : `${source}:${position.line}:${position.column}`;
        const subject = [place, renderPath(this.#conceal(path))].filter(Boolean).join(' ');
        const shown = this.origin.conceal(text, { about: this.written(path) !== null });
        return subject === '' ? shown : `${subject}: ${shown}`;
      });
  }

  /** Keys may come from variables, too; those that are words of the format show where to look. */
  #conceal(path: Path): Path {
    return path.map((step, index) => {
      if (typeof step === 'number' || /^[a-z_]{1,40}$/.test(step)) return step;
      return this.written(path.slice(0, index))?.template ?? this.origin.conceal(step, { about: false });
    });
  }
}

export const correctFile = 'Correct the file where it says';

/** A failure that lists all problems, one a line, and then what else is to be said. */
export const toProblemsError = (
  code: ErrorCode,
  { attempt, remedy }: { readonly attempt: string; readonly remedy: string },
  problems: readonly string[],
  more: readonly string[] = [],
): EmulatorError => {
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  return new EmulatorError(
    code,
    [`Failed to ${attempt}: it has ${count}. ${remedy}:`, ...problems, ...more].join('\n'),
  );
};

/** Reports as warnings what would be problems, and not what the emulator leaves out: for what it never runs anyway. */
export const tolerant = (report: Reporter): Reporter => ({
  problem: (path, text, position) => report.warn(path, text, position),
  warn: (path, text, position) => report.warn(path, text, position),
  leaveOut: () => {},
  written: (path) => report.written(path),
});

/** What stands behind a YAML anchor is read once for each of its aliases, and is corrected once. */
const isFirstAtItsPlace = (finding: Finding, index: number, all: readonly Finding[]): boolean =>
  index === all.findIndex((other) => isSame(other, finding));

const isSame = (one: Finding, other: Finding): boolean =>
  one === other ||
  (one.text === other.text &&
    one.path.at(-1) === other.path.at(-1) &&
    !!one.position &&
    one.position.line === other.position?.line &&
    one.position.column === other.position.column);

/** What keeps a stack from being used may be found again where that would be no more than a warning. */
const isSameOf = (one: Finding, other: Finding): boolean =>
  one.text === other.text && renderPath(one.path) === renderPath(other.path);

type Located = { readonly position: Position | null };

const byPosition = (a: Located, b: Located): number =>
  a.position === null || b.position === null
    ? 0
    : a.position.line - b.position.line || a.position.column - b.position.column;

const leftOut = (count: number, what: string): readonly string[] =>
  count === 0 ? [] : [`and ${count} more ${what}, not listed`];
