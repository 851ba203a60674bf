import { isAbsolute, join, normalize, resolve, sep } from 'node:path';
import type { ImageOrigin } from './model.ts';
import type { Places } from './places.ts';
import { type Cursor, isAbsent, reject } from './reading/cursor.ts';
import { readObject } from './reading/read-object.ts';
import { type Parsed, readString, required, text } from './reading/readers.ts';

/**
 * Reads the details of a `docker-file` origin. On the platform the context lies in a repository or an archive; the emulator
 * builds the code that is here, so `context_dir` is a directory relative to the stack file (our choice).
 */
export const readBuildContext = (
  at: Cursor,
  places: Places,
  buildArgs: Readonly<Record<string, string>>,
): ImageOrigin | null =>
  readObject(at, { unsupported: ['existing', 'credentials'] }, (field) => {
    const remote = [field('repo'), field('targz_url')].filter((origin) => !isAbsent(origin));
    for (const origin of remote) {
      origin.report.problem(origin.path, 'not supported by the emulator, expected a local context_dir in its place');
    }
    const contextDir = readContextDir(field('context_dir'), places, remote.length > 0);
    const dockerfile = readDockerfile(field('build_file'), places, contextDir);
    if (contextDir === null || dockerfile === null) return null;
    return { type: 'dockerfile', contextDir, dockerfile, buildArgs };
  });

const readContextDir = (at: Cursor, { baseDir, kindOf }: Places, hasRemote: boolean): string | null => {
  // With a repository that is not supported, one complaint is enough.
  if (hasRemote) return null;
  const given = required(readString, 'a local context_dir, relative to the stack file')(at);
  if (given === null) return null;
  const contextDir = resolve(baseDir, given);
  const kind = kindOf?.(contextDir) ?? 'directory';
  return kind === 'directory' ? contextDir : reject(at, `a directory: ${contextDir} ${contrast[kind]}`);
};

/** PARITY: relative to the context; the platform's documentation does not say. */
const readDockerfile = (at: Cursor, { kindOf }: Places, contextDir: string | null): string | null => {
  const dockerfile = isAbsent(at) ? 'Dockerfile' : text(parseInnerPath)(at);
  if (dockerfile === null || contextDir === null) return dockerfile;
  const path = join(contextDir, dockerfile);
  const kind = kindOf?.(path) ?? 'file';
  return kind === 'file' ? dockerfile : reject(at, `a Dockerfile: ${path} ${contrast[kind]}`);
};

const contrast = { nothing: 'does not exist', file: 'is a file', directory: 'is a directory' };

const parseInnerPath = (given: string): Parsed<string> => {
  const path = normalize(given);
  const outside = given === '' || isAbsolute(path) || path === '..' || path.startsWith(`..${sep}`);
  return outside
    ? { ok: false, expected: 'the path of a Dockerfile inside context_dir' }
    : { ok: true, value: path.split(sep).join('/') };
};
