import { isUtf8 } from 'node:buffer';
import type { BigIntStats } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { ContextProblem, type IgnoreRules, type Matches } from './ignore-rules.ts';

/** A file, folder, link or device in a build context. */
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

/**
 * Everything of a folder that the rules leave, folders before what they hold, by the bytes of their names. Sockets are
 * left out, as docker does.
 *
 * @throws ContextProblem for a name that cannot be sent; the file system's errors
 */
export const listContext = async (contextDir: string, rules: IgnoreRules): Promise<readonly ContextEntry[]> => {
  const walk: Walk = { contextDir, rules, entries: [], firstNames: new Map() };
  await listFolder(walk, '', null);
  return walk.entries;
};

type Walk = {
  readonly contextDir: string;
  readonly rules: IgnoreRules;
  readonly entries: ContextEntry[];
  /** Where each file with several names was met first. */
  readonly firstNames: Map<string, string>;
};

const listFolder = async (walk: Walk, folder: string, folderMatches: Matches | null): Promise<void> => {
  // As bytes: a name that is no UTF-8 would come back as another name.
  const names = await readdir(`${walk.contextDir}/${folder}`, { encoding: 'buffer' });
  for (const name of names.sort(Buffer.compare)) {
    const path = folder === '' ? name.toString() : `${folder}/${name}`;
    const { ignored, matches } = walk.rules.judge(path, folderMatches);
    if (isUtf8(name)) await add(walk, path, ignored, matches);
    else if (!ignored) throw unsendable('the name of', path);
  }
};

const add = async (walk: Walk, path: string, ignored: boolean, matches: Matches): Promise<void> => {
  const { entries, rules, contextDir } = walk;
  const found = await lstat(`${contextDir}/${path}`, { bigint: true });
  if (found.isSocket() || (ignored && !found.isDirectory())) return;
  const below = ignored ? rules.below(path) : 'something';
  if (below === 'nothing') return;
  const place = entries.length;
  entries.push(await toEntry(walk, path, found, ignored));
  if (!found.isDirectory()) return;
  await listFolder(walk, path, matches);
  if (below === 'perhaps' && entries.length === place + 1) entries.pop();
};

const toEntry = async (
  { contextDir, firstNames }: Walk,
  path: string,
  found: BigIntStats,
  implied: boolean,
): Promise<ContextEntry> => {
  const kind = kindOf(found);
  const entry = {
    path,
    kind,
    mode: Number(found.mode & 0o7777n),
    size: kind === 'file' ? Number(found.size) : 0,
    modifiedNs: found.mtimeNs,
    target: '',
    device: toDevice(found.rdev),
    implied,
  };
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
