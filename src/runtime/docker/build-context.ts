import { existsSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import dockerignore from '@balena/dockerignore';
import { type PackOptions, pack } from 'tar-fs';

/**
 * The build context as the engine takes it: a tar of the folder without what `.dockerignore` leaves out, everything
 * owned by root so that the same files hit the build cache whoever checked them out.
 */
export const loadBuildContext = async (contextDir: string, dockerfile: string): Promise<NodeJS.ReadableStream> => {
  const kept = await listKept(contextDir, dockerfile);
  // Without `umask: 0` (which the type declarations lack) this process's umask would change the files' modes.
  const options: PackOptions & { readonly umask: number } = {
    ignore: (path) => path !== contextDir && !kept.has(relative(contextDir, path)),
    map: (header) => ({ ...header, uid: 0, gid: 0 }),
    umask: 0,
  };
  return pack(contextDir, options) as unknown as NodeJS.ReadableStream;
};

/** Relative paths of all files and folders that belong to the context. */
const listKept = async (contextDir: string, dockerfile: string): Promise<ReadonlySet<string>> => {
  const rules = loadIgnoreRules(contextDir, dockerfile);
  const ignored = dockerignore.default().add([...rules]);
  // The engine needs the Dockerfile, whatever the rules say.
  const needed = new Set([join(dockerfile), '.dockerignore']);
  // Only with an exception among the rules can something below an ignored folder be wanted.
  const hasExceptions = rules.some((rule) => rule.trim().startsWith('!'));
  const kept = new Set<string>(needed);

  const walk = async (folder: string): Promise<boolean> => {
    let keepsAny = false;
    for (const entry of await readdir(join(contextDir, folder), { withFileTypes: true })) {
      const path = join(folder, entry.name);
      const isKept = needed.has(path) || !ignored.ignores(path.replaceAll(sep, '/'));
      const mayHoldKept = isKept || hasExceptions || [...needed].some((file) => file.startsWith(path + sep));
      const holdsKept = entry.isDirectory() && mayHoldKept && (await walk(path));
      if (!isKept && !holdsKept) continue;
      kept.add(path);
      keepsAny = true;
    }
    return keepsAny;
  };
  await walk('');
  return kept;
};

/** A file named after the Dockerfile goes before the folder's own, as in the docker CLI. */
const loadIgnoreRules = (contextDir: string, dockerfile: string): readonly string[] => {
  const file = [`${dockerfile}.dockerignore`, '.dockerignore'].map((name) => join(contextDir, name)).find(existsSync);
  return file ? readFileSync(file, 'utf8').split(/\r?\n/) : [];
};
