import type { ServerHttp2Stream } from 'node:http2';

/** Before each message: whether it is compressed, which none is here, and its length. */
const prefixBytes = 5;

/** Past this a length is no message of a build's. */
const largestMessage = 16 * 1024 * 1024;

/** The messages that come in on a call. A reader that stops leaves the call open, to be answered. */
export async function* readMessages(stream: ServerHttp2Stream): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= prefixBytes) {
      const end = prefixBytes + rest.readUInt32BE(1);
      if (end > largestMessage) throw new Error(`a message of ${end} bytes came from the engine`);
      if (rest.length < end) break;
      yield rest.subarray(prefixBytes, end);
      rest = rest.subarray(end);
    }
  }
}

/** Writes a message; resolves once the connection has taken it, and rejects where the call has ended. */
export const writeMessage = async (stream: ServerHttp2Stream, message: Buffer): Promise<void> => {
  const prefix = Buffer.alloc(prefixBytes);
  prefix.writeUInt32BE(message.length, 1);
  await new Promise<void>((resolve, reject) => {
    stream.write(Buffer.concat([prefix, message]), (error) => (error ? reject(error) : resolve()));
  });
};
