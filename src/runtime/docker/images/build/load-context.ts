import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { lstat, open, readdir, readlink, realpath, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { NoSmallFile, readSmallFile } from '../../../../shared/read-small-file.ts';
import { isBelow } from '../../../../shared/values.ts';
import type { ImageSource } from '../../../port.ts';
import type { Builder } from './builder.ts';
import { ContextProblem, type IgnoreRules, type Matches, parseIgnoreRules } from './ignore-rules.ts';

export type BuildSource = Extract<ImageSource, { type: 'dockerfile' }>;

export type ContextEntry = {
  /** Relative to the context, with slashes. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'link' | 'hard-link' | 'pipe' | 'character-device' | 'block-device';
  /** Permissions, with the set-user, set-group and sticky bits. */
  readonly mode: number;
  /** In bytes; 0 but for files. */
  readonly size: number;
  readonly modifiedNs: bigint;
  /** What a link leads to; of a hard link, the entry that has the content. */
  readonly target: string;
  readonly device: { readonly major: number; readonly minor: number };
  /** Ignored itself, and here because it holds what is not. */
  readonly implied: boolean;
};

/** What a build is made of, looked at once: nothing is in memory but names and the Dockerfile. */
export type BuildContext = {
  readonly contextDir: string;
  readonly entries: readonly ContextEntry[];
  readonly dockerfile: {
    readonly name: string;
    readonly text: Buffer;
    /** Its path inside the context; null where it lies outside. */
    readonly inContext: string | null;
  };
  /** What the rules that were followed say; null without any. */
  readonly ignoreText: Buffer | null;
};

/**
 * Looks at what a build is made of, as the builder wants it: BuildKit is given the Dockerfile apart from the context, the
 * others find it and `.dockerignore` there, even where the rules leave them out.
 *
 * @throws ContextProblem; the file system's errors
 */
export const loadContext = async (source: BuildSource, builder: Builder): Promise<BuildContext> => {
  // Links are followed here and never again, so that none can lead outside later.
  const contextDir = await realPathBelow(source.root, source.contextDir);
  const path = await realPathBelow(source.root, source.dockerfile);
  const text = await readDockerfile(path);
  const ignoreText =
    (await readIfThere(source.root, `${path}.dockerignore`)) ??
    (await readIfThere(source.root, join(contextDir, '.dockerignore')));
  const inContext = isBelow(contextDir, path) ? relative(contextDir, path).split(sep).join('/') : null;
  const needed = builder === 'buildkit' ? [] : ['!.dockerignore', ...(inContext === null ? [] : [`!${inContext}`])];
  const rules = [ignoreText?.toString() ?? '', ...needed].join('\n');
  const entries = await listContext(contextDir, parseIgnoreRules(rules, builder === 'classic'));
  return { contextDir, entries, dockerfile: { name: basename(path), text, inContext }, ignoreText };
};

/**
 * Everything of a folder that the rules leave, folders before what they hold, by the bytes of their names. Sockets are
 * left out, as docker does.
 *
 * @throws ContextProblem for a name that cannot be sent; the file system's errors
 */
const listContext = async (contextDir: string, rules: IgnoreRules): Promise<readonly ContextEntry[]> => {
  const entries: ContextEntry[] = [];
  /** Where each file with several names was met first. */
  const firstNames = new Map<string, string>();

  const listFolder = async (folder: string, folderMatches: Matches | null): Promise<void> => {
    // As bytes: a name that is no UTF-8 would come back as another name.
    const names = await readdir(`${contextDir}/${folder}`, { encoding: 'buffer' });
    for (const name of names.sort(Buffer.compare)) {
      const path = folder === '' ? name.toString() : `${folder}/${name}`;
      const { ignored, matches } = rules.judge(path, folderMatches);
      if (isUtf8(name)) await add(path, ignored, matches);
      else if (!ignored) throw unsendable('the name of', path);
    }
  };
  const add = async (path: string, ignored: boolean, matches: Matches): Promise<void> => {
    const found = await lstat(`${contextDir}/${path}`, { bigint: true });
    if (found.isSocket() || (ignored && !found.isDirectory())) return;
    const below = ignored ? rules.below(path) : 'something';
    if (below === 'nothing') return;
    const place = entries.length;
    entries.push(await toEntry(path, found, ignored));
    if (!found.isDirectory()) return;
    await listFolder(path, matches);
    if (below === 'perhaps' && entries.length === place + 1) entries.pop();
  };
  const toEntry = async (path: string, found: BigIntStats, implied: boolean): Promise<ContextEntry> => {
    const kind = kindOf(found);
    const mode = Number(found.mode & 0o7777n);
    const size = kind === 'file' ? Number(found.size) : 0;
    const device = toDevice(found.rdev);
    const entry = { path, kind, mode, size, modifiedNs: found.mtimeNs, target: '', device, implied };
    if (kind === 'link') {
      const target = await readlink(`${contextDir}/${path}`, { encoding: 'buffer' });
      if (!isUtf8(target)) throw unsendable('the target of the link', path);
      return { ...entry, target: target.toString() };
    }
    if (kind !== 'file' || found.nlink < 2n) return entry;
    const inode = `${found.dev}:${found.ino}`;
    const first = firstNames.get(inode);
    if (first === undefined) firstNames.set(inode, path);
    return first === undefined ? entry : { ...entry, kind: 'hard-link', size: 0, target: first };
  };

  await listFolder('', null);
  return entries;
};

const kindOf = (found: BigIntStats): ContextEntry['kind'] => {
  if (found.isDirectory()) return 'directory';
  if (found.isSymbolicLink()) return 'link';
  if (found.isFIFO()) return 'pipe';
  if (found.isCharacterDevice()) return 'character-device';
  return found.isBlockDevice() ? 'block-device' : 'file';
};

/** The numbers of a device file, packed as Linux packs them. */
const toDevice = (rdev: bigint): ContextEntry['device'] => ({
  major: Number(((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn)),
  minor: Number((rdev & 0xffn) | ((rdev >> 12n) & ~0xffn)),
});

const unsendable = (what: string, path: string): ContextProblem =>
  new ContextProblem(
    `${what} ${JSON.stringify(path)} in the build context is not UTF-8, and cannot be sent to the engine`,
    'Rename it, or leave it out with .dockerignore',
  );

/** Distinguishes one content from another, in any place: names, kinds, permissions and bytes, but no times. */
export const digestContext = async (
  { contextDir, entries, dockerfile }: BuildContext,
  buildArgs: BuildSource['buildArgs'],
): Promise<string> => {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([Object.entries(buildArgs).sort(), dockerfile.text.toString('latin1')]));
  for (const { path, kind, mode, size, target, device } of entries) {
    hash.update(JSON.stringify([path, kind, mode, size, target, device]));
    if (kind === 'file') for await (const chunk of readEntry(contextDir, path, size)) hash.update(chunk);
  }
  return hash.digest('hex');
};

const chunkBytes = 32 * 1024;

/** The content of a file, as long as it was when it was listed: what has grown since is cut off there. */
export async function* readEntry(contextDir: string, path: string, size: number): AsyncGenerator<Buffer> {
  if (size === 0) return;
  await using file = await open(join(contextDir, path));
  for (let left = size; left > 0; ) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(Math.min(left, chunkBytes)));
    if (bytesRead === 0) {
      throw new ContextProblem(
        `${join(contextDir, path)} became shorter while it was read`,
        'Build again once no program writes there',
      );
    }
    left -= bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

const realPathBelow = async (root: string, path: string): Promise<string> => {
  const real = await realpath(path);
  if (isBelow(await realpath(root), real)) return real;
  throw new ContextProblem(`${path} leads to ${real}, outside the root ${root}`, 'Name a root that holds it');
};

/** A builder would wait for a pipe, and one can be read only once. */
const readText = async (path: string): Promise<Buffer> => {
  if ((await stat(path)).isFIFO()) throw new NoSmallFile('it is a pipe');
  return await readSmallFile(path);
};

const readDockerfile = async (path: string): Promise<Buffer> => {
  try {
    return await readText(path);
  } catch (error) {
    if (!(error instanceof NoSmallFile)) throw error;
    throw new ContextProblem(
      `the Dockerfile ${path} cannot be read: ${error.message}`,
      'Name a text file in build_file',
    );
  }
};

const readIfThere = async (root: string, path: string): Promise<Buffer | null> => {
  try {
    return await readText(await realPathBelow(root, path));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return null;
    const fault = error instanceof NoSmallFile ? error.message : ignoreFileFaults[String(code)];
    if (fault === undefined) throw error;
    throw new ContextProblem(`the rules in ${path} cannot be read: ${fault}`, 'Make it a text file, or remove it');
  }
};

const ignoreFileFaults: Readonly<Record<string, string>> = {
  EISDIR: 'it is a directory',
  ELOOP: 'it is a link that leads back to itself',
};
