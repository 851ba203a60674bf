import type { ServerHttp2Stream } from 'node:http2';
import type { ContextEntry } from './context-entries.ts';
import { readMessages, writeMessage } from './grpc.ts';
import { type BuildContext, readEntry } from './load-context.ts';
import { readFields, toMessage } from './protobuf.ts';

/** How BuildKit asks for files (tonistiigi/fsutil): it gets every entry in order, and asks for those it lacks. */
const packetTypes = { stat: 0n, request: 1n, data: 2n, finished: 3n } as const;

/**
 * Sends a build's files over one call of `moby.filesync.v1.FileSync/DiffCopy`. BuildKit names the folder it wants:
 * `dockerfile`, with the Dockerfile and the rules that go with it, or `context`, of which it may want the rules alone.
 *
 * @param only paths that are wanted; all without any
 */
export const sendFiles = async (
  stream: ServerHttp2Stream,
  context: BuildContext,
  folder: string,
  only: readonly string[],
): Promise<void> => {
  const files = folder === 'dockerfile' ? toDockerfileFolder(context) : toContextFolder(context, only);
  for (const { stat } of files) await writeMessage(stream, toMessage({ 2: stat }));
  await writeMessage(stream, toMessage({ 1: packetTypes.stat }));
  for await (const packet of readMessages(stream)) {
    const { type, id } = readPacket(packet);
    if (type === packetTypes.finished) break;
    if (type !== packetTypes.request) continue;
    for await (const data of files[id]?.read() ?? [])
      await writeMessage(stream, toMessage({ 1: packetTypes.data, 3: id, 4: data }));
    await writeMessage(stream, toMessage({ 1: packetTypes.data, 3: id }));
  }
  await writeMessage(stream, toMessage({ 1: packetTypes.finished }));
};

type SentFile = { readonly stat: Buffer; read(): AsyncIterable<Buffer> | Iterable<Buffer> };

const readPacket = (packet: Buffer): { readonly type: bigint; readonly id: number } => {
  let [type, id] = [0n, 0];
  for (const { number, value } of readFields(packet)) {
    if (typeof value !== 'bigint') continue;
    if (number === 1) type = value;
    if (number === 3) id = Number(value);
  }
  return { type, id };
};

const toDockerfileFolder = ({ dockerfile, ignoreText }: BuildContext): readonly SentFile[] =>
  [
    toFile(dockerfile.name, dockerfile.text),
    // Under the name that goes before `.dockerignore`: these are the rules that the files were chosen by.
    ...(ignoreText === null ? [] : [toFile(`${dockerfile.name}.dockerignore`, ignoreText)]),
  ].sort((one, other) => (one.name < other.name ? -1 : 1));

const toFile = (name: string, content: Buffer): SentFile & { readonly name: string } => ({
  name,
  stat: toStat({ path: name, mode: 0o644, size: content.length, modified: 0n, target: '', major: 0, minor: 0 }),
  read: () => [content],
});

const toContextFolder = ({ contextDir, entries }: BuildContext, only: readonly string[]): readonly SentFile[] =>
  entries
    .filter(({ path }) => only.length === 0 || only.includes(path))
    .map((entry) => ({
      stat: toStat({
        path: entry.path,
        mode: toGoMode(entry),
        size: entry.size,
        modified: entry.modifiedNs,
        target: entry.target,
        ...entry.device,
      }),
      read: () => readEntry(contextDir, entry.path, entry.size),
    }));

type Stat = {
  readonly path: string;
  readonly mode: number;
  readonly size: number;
  readonly modified: bigint;
  readonly target: string;
  readonly major: number;
  readonly minor: number;
};

/** Owned by root: fields 3 and 4, user and group, are left out. */
const toStat = ({ path, mode, size, modified, target, major, minor }: Stat): Buffer =>
  toMessage({ 1: path, 2: mode, 5: size, 6: modified, 7: target, 8: major, 9: minor });

/** Go's bits for what a file is, which are not those of the operating system. */
const goKinds: Readonly<Record<ContextEntry['kind'], number>> = {
  file: 0,
  'hard-link': 0,
  directory: 2 ** 31,
  link: 2 ** 27,
  pipe: 2 ** 25,
  'character-device': 2 ** 26 + 2 ** 21,
  'block-device': 2 ** 26,
};

const toGoMode = ({ kind, mode }: ContextEntry): number => {
  const special = [
    [0o4000, 2 ** 23],
    [0o2000, 2 ** 22],
    [0o1000, 2 ** 20],
  ] as const;
  const bits = special.map(([bit, goBit]) => (mode & bit ? goBit : 0));
  return bits.reduce((sum, bit) => sum + bit, goKinds[kind] + (mode & 0o777));
};
