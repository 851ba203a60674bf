import { type Path, renderPath } from './path.ts';

/** 1-based, as editors count. */
export type Position = { readonly line: number; readonly column: number };

/** Where a path lies in the text; null where the stack did not come from a text. */
export type Locate = (path: Path) => Position | null;

type Finding = { readonly path: Path; readonly position: Position | null; readonly text: string };

/** More lines than this help nobody, and looking up their positions would take long. */
const mostFindings = 100;

/**
 * Collects everything there is to say about a stack, so that a user corrects it in one go instead of one problem at a time.
 * Whatever has a problem cannot be used; a warning names something the emulator leaves out.
 */
export class Report {
  readonly #problems: Finding[] = [];
  readonly #warnings: string[] = [];
  #problemsLeftOut = 0;
  #warningsLeftOut = 0;

  problem(path: Path, text: string, position: Position | null = null): void {
    if (this.#problems.length < mostFindings) this.#problems.push({ path, position, text });
    else this.#problemsLeftOut += 1;
  }

  warn(path: Path, text: string): void {
    if (this.#warnings.length < mostFindings) this.#warnings.push(`${renderPath(path)}: ${text}`);
    else this.#warningsLeftOut += 1;
  }

  get failed(): boolean {
    return this.#problems.length > 0;
  }

  get warnings(): readonly string[] {
    return [...this.#warnings, ...leftOut(this.#warningsLeftOut, 'warnings')];
  }

  /** One line per problem in the order of the text: `file:line:column path: what is wrong`. */
  problemLines(source: string, locate: Locate): readonly string[] {
    const located = this.#problems.map((finding) => ({
      ...finding,
      position: finding.position ?? locate(finding.path),
    }));
    const lines = located.sort(byPosition).map(({ path, position, text }) => {
      const place = position === null ? source : `${source}:${position.line}:${position.column}`;
      return path.length === 0 ? `${place}: ${text}` : `${place} ${renderPath(path)}: ${text}`;
    });
    return [...lines, ...leftOut(this.#problemsLeftOut, 'problems')];
  }
}

const byPosition = (a: Finding, b: Finding): number =>
  a.position === null || b.position === null
    ? 0
    : a.position.line - b.position.line || a.position.column - b.position.column;

const leftOut = (count: number, what: string): readonly string[] =>
  count === 0 ? [] : [`and ${count} more ${what}, not listed`];
