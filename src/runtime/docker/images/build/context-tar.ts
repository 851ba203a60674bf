import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Header, type Pack, pack } from 'tar-stream';
import { type BuildContext, type ContextEntry, readEntry } from './load-context.ts';

export type ContextTar = {
  readonly stream: Pack;
  /** Path of the Dockerfile in the tar. */
  readonly dockerfile: string;
};

/**
 * A build context as `POST /build` takes it: owned by root, so that the same files hit the build cache on any checkout.
 * A Dockerfile from outside the context goes along under a name of its own, as the docker CLI sends it: by
 * `.dockerignore` the engine takes it out again before it copies anything.
 */
export const toContextTar = (context: BuildContext): ContextTar => {
  const { contextDir, entries, dockerfile } = context;
  const archive = pack();
  const write = async (): Promise<void> => {
    for (const entry of entries) {
      if (entry.implied || (dockerfile.inContext === null && entry.path === '.dockerignore')) continue;
      await writeEntry(archive, contextDir, entry);
    }
    if (dockerfile.inContext === null) {
      archive.entry({ ...ownedByRoot, name: strangerName(context) }, dockerfile.text);
      archive.entry({ ...ownedByRoot, name: '.dockerignore' }, toSentRules(context));
    }
    archive.finalize();
  };
  write().catch((error: Error) => archive.destroy(error));
  return { stream: archive, dockerfile: dockerfile.inContext ?? strangerName(context) };
};

const ownedByRoot = { uid: 0, gid: 0, mtime: new Date(0) };

const strangerName = ({ dockerfile }: BuildContext): string =>
  `.dockerfile.${createHash('sha256').update(dockerfile.text).digest('hex').slice(0, 20)}`;

const toSentRules = (context: BuildContext): Buffer =>
  Buffer.concat([context.ignoreText ?? Buffer.from('.dockerignore'), Buffer.from(`\n${strangerName(context)}\n`)]);

const types: Readonly<Record<ContextEntry['kind'], NonNullable<Header['type']>>> = {
  file: 'file',
  directory: 'directory',
  link: 'symlink',
  'hard-link': 'link',
  pipe: 'fifo',
  'character-device': 'character-device',
  'block-device': 'block-device',
};

const writeEntry = async (archive: Pack, contextDir: string, entry: ContextEntry): Promise<void> => {
  const seconds = Number(entry.modifiedNs / 1_000_000_000n);
  // What the plain header has no room for stands in an extended one.
  const isOrdinary = seconds >= 0 && seconds < 2 ** 31;
  const header: Partial<Header> & { readonly name: string; readonly pax?: object } = {
    ...ownedByRoot,
    name: entry.path,
    type: types[entry.kind],
    // With a bit that no tar keeps: the library takes 0 for none given.
    mode: entry.mode | 0o10000,
    size: entry.size,
    ...(isOrdinary ? { mtime: new Date(seconds * 1_000) } : { pax: { mtime: String(seconds) } }),
    linkname: entry.target,
    devmajor: entry.device.major,
    devminor: entry.device.minor,
  };
  if (entry.kind !== 'file') archive.entry(header);
  else await pipeline(Readable.from(readEntry(contextDir, entry.path, entry.size)), archive.entry(header));
};
