import { readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { packageRoot, requireDependency } from '../shared/package.ts';

type PageFile = {
  /** Its name's, as `.css`. */
  readonly type: string;
  readonly bytes: Buffer;
  /** The same, for all browsers that know it. */
  readonly gzipped: Buffer;
};

const isBuilt = !import.meta.url.endsWith('.ts');
const folder = join(packageRoot, isBuilt ? 'dist/src/ui/page' : 'src/ui/page');

const read = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

/** Node says on stderr that this is experimental, which users of a checkout can do nothing about. */
const stripTypes = (text: string): string => {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return process.getBuiltinModule('node:module').stripTypeScriptTypes(text);
  } finally {
    process.emitWarning = emitWarning;
  }
};

const readModule = (name: string): string | null => {
  const [, ofLibrary] = /^lit-html\/(.*)/.exec(name) ?? [];
  // Node gets a build of its own, a folder below that of browsers.
  if (ofLibrary) return read(join(dirname(requireDependency.resolve('lit-html')), '..', ofLibrary));
  const text = read(join(folder, isBuilt ? name : name.replace(/\.js$/, '.ts')));
  const script =
    text === null || isBuilt ? text : stripTypes(text).replace(/((?: from |import\()'\.[^']*)\.ts'/g, "$1.js'");
  // A browser knows no names of packages.
  return (
    script?.replace(
      /( from ')lit-html(\/[^']*)?'/g,
      (_all, start, rest = '/lit-html.js') => `${start}/_emulator/ui/lit-html${rest}'`,
    ) ?? null
  );
};

const known = new Map<string, PageFile>();

/** A file of the page by its name below `/_emulator/ui/`; null where there is none. Read when it is first asked for. */
export const readPageFile = (name: string): PageFile | null => {
  const before = known.get(name);
  if (before !== undefined) return before;
  if (!/^(?:[a-z][a-z-]*\/)*[a-z][a-z-]*\.(?:html|css|js|svg)$/.test(name)) return null;
  const type = extname(name);
  const text = type === '.js' ? readModule(name) : read(join(folder, name));
  if (text === null) return null;
  const bytes = Buffer.from(text);
  const file = { type, bytes, gzipped: gzipSync(bytes) };
  // From a checkout they are read each time, so that a reload shows what was changed.
  if (isBuilt) known.set(name, file);
  return file;
};
