import { join, resolve } from 'node:path';
import { isBelow } from '../shared/values.ts';
import type { FileContext, Found, Kind } from './file-context.ts';
import type { ImageOrigin } from './model.ts';
import { type Cursor, child, isAbsent, reject } from './reading/cursor.ts';
import { readObject } from './reading/read-object.ts';
import { readString } from './reading/readers.ts';
import { fromRoot, toRootPath } from './root-path.ts';

/**
 * Reads the details of a `docker-file` origin. Documented: `context_dir` and `build_file` are full paths from the root of
 * the repository, and `build_file` is `/Dockerfile` without one. The emulator builds the code that is here, so the root is
 * a folder of this machine (our choice: the stack file's, or the one that `--root` names).
 */
export const readBuildContext = (
  at: Cursor,
  places: FileContext,
  buildArgs: Readonly<Record<string, string>>,
): ImageOrigin | null =>
  readObject(at, { unsupported: { existing: 'object', credentials: 'objects' } }, (field) => {
    warnOfRemote(field('repo'), places);
    warnOfRemote(field('targz_url'), places);
    const context = field('context_dir');
    const contextDir = readContextDir(context, places, !isAbsent(child(at, 'existing')));
    const dockerfile = readDockerfile(field('build_file'), places, context, contextDir?.path ?? null);
    if (contextDir === null || dockerfile === null) return null;
    return {
      type: 'dockerfile',
      root: places.root,
      contextDir: contextDir.path,
      dockerfile: dockerfile.path,
      buildArgs,
    };
  });

const warnOfRemote = (at: Cursor, { root }: FileContext): void => {
  if (isAbsent(at)) return;
  at.report.warn(
    at.path,
    `not fetched by the emulator: what lies in ${root} is built in its place; --root names another folder, such as a checkout of it`,
  );
};

const readContextDir = (at: Cursor, places: FileContext, hasExisting: boolean): Found | null => {
  const existing = hasExisting ? ': existing names an image source that only the platform has' : '';
  if (isAbsent(at)) return reject(at, `the directory to build in, from the root, such as "/"${existing}`);
  const given = readString(at);
  if (given === null) return null;
  const path = fromRoot(places.root, given);
  if (!isBelow(places.root, path)) {
    return reject(at, `a directory below the root, which is ${places.root}; --root names another`);
  }
  const found = look(places, path, 'directory');
  if (found.kind === 'directory') return found;
  const older = resolve(places.stackDir ?? places.root, given);
  const seen = places.look?.(older);
  const hint = seen?.kind === 'directory' ? spelling(places, 'context_dir', seen.path) : '';
  return reject(at, `a directory: ${describe(found, path)}${hint}`);
};

/** Without a context only the path itself is judged: one complaint about a place that is not there is enough. */
const readDockerfile = (at: Cursor, places: FileContext, context: Cursor, contextDir: string | null): Found | null => {
  const given = isAbsent(at) ? '/Dockerfile' : readString(at);
  if (given === null) return null;
  const path = fromRoot(places.root, given);
  if (!isBelow(places.root, path)) {
    return reject(at, `a Dockerfile below the root, which is ${places.root}; --root names another`);
  }
  if (contextDir === null) return null;
  const found = look(places, path, 'file');
  const older = olderReading(at, places, context);
  if (found.kind !== 'file') {
    const hint = older === null ? '' : spelling(places, 'build_file', older);
    return reject(at, `a Dockerfile: ${describe(found, path)}${hint}`);
  }
  if (older !== null && older !== found.path) {
    at.report.warn(
      at.path,
      `${path} is built: paths start at the root, as on the platform, and not at context_dir${spelling(places, 'build_file', older)} if that is the one`,
    );
  }
  return found;
};

/** The file that `build_file` named while it was read as a path inside `context_dir`; null where it named none. */
const olderReading = (at: Cursor, places: FileContext, context: Cursor): string | null => {
  const given = isAbsent(at) ? 'Dockerfile' : at.value;
  // A leading slash was a problem then, so a file that has one means the root.
  if (typeof given !== 'string' || given.startsWith('/') || typeof context.value !== 'string') return null;
  const bases = [fromRoot(places.root, context.value), resolve(places.stackDir ?? places.root, context.value)];
  const found = bases.map((base) => places.look?.(join(base, given)));
  return found.find((seen) => seen?.kind === 'file')?.path ?? null;
};

const spelling = ({ root }: FileContext, field: string, path: string): string => {
  const spelled = toRootPath(root, path);
  return spelled === null ? '' : `; write ${field}: ${JSON.stringify(spelled)} for ${path}`;
};

const look = (places: FileContext, path: string, unseen: Kind): Found => places.look?.(path) ?? { kind: unseen, path };

const describe = ({ kind, path }: Found, asked: string): string =>
  kind === 'outside' ? `${asked} leads to ${path}, outside the root` : `${asked} ${contrast[kind]}`;

const contrast = {
  nothing: 'does not exist',
  file: 'is a file',
  directory: 'is a directory',
  special: 'is neither a file nor a directory',
};
