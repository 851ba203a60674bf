import { createHash } from 'node:crypto';
import { type FSWatcher, realpathSync, statSync, watch } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BuildSource, loadContext } from '../../runtime/docker/images/build/load-context.ts';
import { Bell, unlessAborted } from '../../shared/async.ts';
import { toMessage } from '../../shared/errors.ts';
import { readSmallFile } from '../../shared/read-small-file.ts';

/** What a stack is made of: its own files, and what each function's image is built of, by the function's name. */
export type Sources = {
  readonly files: readonly string[];
  readonly builds: ReadonlyMap<string, Omit<BuildSource, 'tag'>>;
};

/** What stands for the content of each source: of the stack's own files under `ownFiles`, of a build under its function's name. */
export type Looks = ReadonlyMap<string, string>;

export const ownFiles = '';

/** Each is a watch of the kernel's, of which a user may have 8,192 on older systems. */
const mostFolders = 4_000;

/** No change for so long means that an editor has saved all; but what changes on and on is looked at, too. */
const quietMs = 40;
const mostUnrestMs = 1_000;

/** So much longer than a look is the rest after it, at least: files that change on and on cost a fifth of a core at most. */
const restForWork = 4;

/**
 * Notices changes of files by the folders they are in, so that one that an editor replaces by another is followed, too. An
 * event says only that it is time to look: what is ignored by `.dockerignore` is no part of what is seen then.
 */
export class WatchedFiles implements Disposable {
  readonly #warn: (warning: string) => void;
  readonly #folders = new Map<string, { readonly id: string; readonly watcher: FSWatcher }>();
  readonly #bell = new Bell();
  #events = 0;
  #seen = 0;
  #notBefore = 0;
  #hasWarned = false;

  /** @param warn gets one sentence where not all can be watched */
  constructor(warn: (warning: string) => void) {
    this.#warn = warn;
  }

  /** Resolves to true once something may have changed and changes no more, and to false when the signal aborts. */
  async changes(signal: AbortSignal): Promise<boolean> {
    try {
      while (this.#events === this.#seen) await unlessAborted(signal, this.#bell.rings);
      const until = performance.now() + mostUnrestMs;
      for (let before = -1; before !== this.#events && performance.now() < until; ) {
        before = this.#events;
        await sleep(quietMs, undefined, { signal });
      }
      await sleep(Math.max(0, this.#notBefore - performance.now()), undefined, { signal });
      return true;
    } catch {
      return false;
    }
  }

  /** Looks at all, and watches it from now on. What cannot be read is seen as the reason why. */
  async look({ files, builds }: Sources): Promise<Looks> {
    const begun = performance.now();
    this.#seen = this.#events;
    const folders = new Set(files.flatMap((path) => [dirname(path), dirname(realPathOf(path))]));
    const looks = new Map([[ownFiles, digest(await Promise.all(files.map(contentOf)))]]);
    /** Functions often share one. */
    const contexts = new Map<string, string>();
    for (const [name, source] of builds) {
      const key = `${source.contextDir}\0${source.dockerfile}`;
      const look = contexts.get(key) ?? (await lookAt(source, folders));
      contexts.set(key, look);
      looks.set(name, look);
    }
    this.#watch(folders);
    const now = performance.now();
    this.#notBefore = now + restForWork * (now - begun);
    return looks;
  }

  [Symbol.dispose](): void {
    for (const { watcher } of this.#folders.values()) watcher.close();
    this.#folders.clear();
  }

  #watch(folders: ReadonlySet<string>): void {
    for (const path of this.#folders.keys()) if (!folders.has(path)) this.#forget(path);
    if (folders.size > mostFolders) {
      this.#warnOnce(`the build contexts have ${folders.size} folders, and ${mostFolders} are watched`);
    }
    for (const path of [...folders].slice(0, mostFolders)) {
      // One that was made again under its name is another folder.
      const found = statSync(path, { bigint: true, throwIfNoEntry: false });
      const id = `${found?.ino}:${found?.birthtimeNs}`;
      if (this.#folders.get(path)?.id === id) continue;
      this.#forget(path);
      if (found?.isDirectory()) this.#add(path, id);
    }
  }

  #add(path: string, id: string): void {
    try {
      const watcher = watch(path, () => this.#ring());
      watcher.on('error', () => this.#forget(path));
      this.#folders.set(path, { id, watcher });
      // What came between the look and now had no event.
      this.#ring();
    } catch (error) {
      this.#warnOnce(toMessage(error));
    }
  }

  #forget(path: string): void {
    this.#folders.get(path)?.watcher.close();
    this.#folders.delete(path);
  }

  #ring(): void {
    this.#events += 1;
    this.#bell.ring();
  }

  #warnOnce(reason: string): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#warn(`not all changes of files are noticed: ${reason}. Leave folders out with .dockerignore.`);
  }
}

const realPathOf = (path: string): string => {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
};

const contentOf = async (path: string): Promise<string> => {
  try {
    // A pipe would be waited for.
    if (!statSync(path).isFile()) return 'no file';
    return digest([(await readSmallFile(path)).toString('latin1')]);
  } catch (error) {
    return toMessage(error);
  }
};

/** Names, kinds, sizes and times tell whether files have changed; their content is read when they have. */
const lookAt = async (source: Omit<BuildSource, 'tag'>, folders: Set<string>): Promise<string> => {
  folders.add(dirname(source.dockerfile)).add(source.contextDir);
  try {
    const { contextDir, entries, dockerfile, ignoreText } = await loadContext({ ...source, tag: '' }, 'buildkit');
    folders.add(contextDir);
    for (const { kind, path } of entries) if (kind === 'directory') folders.add(join(contextDir, path));
    const lines = entries.map(({ path, kind, mode, size, modifiedNs, target }) =>
      JSON.stringify([path, kind, mode, size, String(modifiedNs), target]),
    );
    return digest([dockerfile.text.toString('latin1'), ignoreText?.toString('latin1') ?? '', ...lines]);
  } catch (error) {
    // Where it is not there yet, what it will be made in.
    folders.add(dirname(source.contextDir));
    return toMessage(error);
  }
};

const digest = (texts: readonly string[]): string => createHash('sha256').update(JSON.stringify(texts)).digest('hex');
