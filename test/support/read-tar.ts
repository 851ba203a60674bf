import { Readable } from 'node:stream';
import { extract } from 'tar-stream';

/** The entries of a tar, a line each, sorted: name, kind, permissions, seconds, target or content. */
export const readTar = async (stream: AsyncIterable<unknown>): Promise<readonly string[]> => {
  const lines: string[] = [];
  const entries = extract();
  const source = Readable.from(stream).on('error', (error) => entries.destroy(error));
  for await (const entry of source.pipe(entries)) {
    const { name, type, mode, mtime, linkname } = entry.header;
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    const seconds = Math.floor((mtime?.getTime() ?? 0) / 1_000);
    const content = linkname ?? Buffer.concat(chunks).toString();
    lines.push([name.replace(/\/$/, ''), type, mode?.toString(8), seconds, content].join(' '));
  }
  return lines.sort();
};
