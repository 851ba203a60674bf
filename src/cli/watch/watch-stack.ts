import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Emulator } from '../../emulator/start-emulator.ts';
import { EmulatorError, errorCodes, toMessage } from '../../shared/errors.ts';
import { type LoadOptions, loadStack } from '../../stack/load-stack.ts';
import type { Stack } from '../../stack/model.ts';
import { print, printError, printJson, printWarnings } from '../output.ts';
import { describeReload } from './describe.ts';
import { type Looks, ownFiles, type Sources, WatchedFiles } from './watched-files.ts';

export type WatchSettings = {
  /** Of the stack file. */
  readonly path: string;
  readonly load: LoadOptions;
  /** Whether images are built. */
  readonly builds: boolean;
  readonly json: boolean;
};

/**
 * Watches the files of a stack from now on: a change during a start counts, too.
 *
 * @throws EmulatorError `badOption` where the stack is no file
 */
export const watchStack = async (stack: Stack, settings: WatchSettings): Promise<StackWatch> => {
  expectFile(settings.path);
  const watch = new StackWatch(stack, settings);
  await watch.look();
  return watch;
};

/** A pipe would hold up all further reloads, and the end of the process. One that is not there is for the reader to name. */
const expectFile = (path: string): void => {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() ?? true) return;
  throw new EmulatorError(
    errorCodes.badOption,
    `Failed to watch the stack ${path}: it is not a file. Save it as one, or start without --watch.`,
  );
};

/** Made by `watchStack`. */
class StackWatch implements Disposable {
  readonly #settings: WatchSettings;
  readonly #files = new WatchedFiles((warning) => printWarnings([warning]));
  #sources: Sources;
  #warnings: readonly string[];
  #looks: Looks = new Map();
  /** Functions that are to be built again: those of a reload that has failed stay. */
  readonly #touched = new Set<string>();

  constructor(stack: Stack, settings: WatchSettings) {
    this.#settings = settings;
    this.#sources = toSources(stack, settings);
    this.#warnings = stack.warnings;
  }

  /** Looks at all files, and answers whether any is other than before. What is new has no image yet. */
  async look(): Promise<boolean> {
    const before = this.#looks;
    this.#looks = await this.#files.look(this.#sources);
    const changed = [...this.#looks].filter(([name, look]) => before.has(name) && before.get(name) !== look);
    for (const [name] of changed) if (name !== ownFiles) this.#touched.add(name);
    return changed.length > 0;
  }

  /** Has the emulator take over each change since the watch began, until the signal aborts. */
  async follow(emulator: Pick<Emulator, 'reload'>, signal: AbortSignal): Promise<void> {
    while (await this.#files.changes(signal)) {
      const begun = performance.now();
      try {
        if (await this.look()) await this.#takeOver(emulator, begun);
      } catch (error) {
        if (!signal.aborted) this.#report(error);
      }
    }
  }

  [Symbol.dispose](): void {
    this.#files[Symbol.dispose]();
  }

  async #takeOver(emulator: Pick<Emulator, 'reload'>, begun: number): Promise<void> {
    const { path, load, json } = this.#settings;
    expectFile(path);
    const stack = await loadStack(path, load);
    const sources = toSources(stack, this.#settings);
    if (!isDeepStrictEqual(sources, this.#sources)) {
      this.#sources = sources;
      await this.look();
    }
    if (!isDeepStrictEqual(stack.warnings, this.#warnings)) printWarnings(stack.warnings);
    this.#warnings = stack.warnings;
    const rebuild = [...this.#touched];
    const reloaded = await emulator.reload(stack, { rebuild });
    for (const name of rebuild) this.#touched.delete(name);
    const tookMs = performance.now() - begun;
    if (json) printJson({ event: 'reloaded', ...reloaded, durationMs: Math.round(tookMs) });
    else for (const line of describeReload(reloaded, stack, tookMs)) print(line);
  }

  #report(error: unknown): void {
    const reason = error instanceof EmulatorError ? error.message : `Failed unexpectedly: ${toMessage(error)}.`;
    if (this.#settings.json) printJson({ event: 'reload-failed', reason });
    else printError(`${reason}${reason.includes('\n') ? '\n' : ' '}The emulator goes on with what it had.`);
  }
}

const toSources = ({ functions }: Stack, { path, load, builds }: WatchSettings): Sources => ({
  files: [path, ...(load.variablesFile === undefined ? [] : [load.variablesFile])].map((file) => resolve(file)),
  builds: new Map(
    functions.flatMap(({ identifier, image }) =>
      builds && image.type === 'dockerfile' ? [[identifier, image] as const] : [],
    ),
  ),
});
