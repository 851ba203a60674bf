import type { Readable } from 'node:stream';
import type { OutputChunk } from '../port.ts';
import type { Engine } from './engine.ts';

const headerBytes = 8;
const stderrMark = 2;

/**
 * What a container prints, from its first byte on, until it ends or is removed. Asked for when it is read, so that it
 * costs a start nothing. An engine that goes away ends it, too, as does the signal: nobody can tell more then. `greeting` is a line that
 * something else has printed on stderr before.
 */
export async function* readOutput(
  engine: Engine,
  engineId: string,
  { greeting = '', signal }: { readonly greeting?: string; readonly signal?: AbortSignal } = {},
): AsyncGenerator<OutputChunk, void> {
  const followed = { follow: true, stdout: true, stderr: true } as const;
  try {
    const stream = await engine.docker
      .getContainer(engineId)
      .logs({ ...followed, ...(signal === undefined ? {} : { abortSignal: signal }) });
    yield* withoutGreeting(greeting, parseFrames(stream as Readable));
  } catch {
    // Removed or out of reach: what came so far is all.
  }
}

/** Leaves out what was printed on stderr before the function, where it is still there: the engine keeps lines together. */
async function* withoutGreeting(greeting: string, output: AsyncIterable<OutputChunk>): AsyncGenerator<OutputChunk> {
  let isAwaited = greeting !== '';
  for await (const chunk of output) {
    const isGreeting = isAwaited && chunk.stream === 'stderr' && Buffer.from(chunk.data).toString() === greeting;
    if (chunk.stream === 'stderr') isAwaited = false;
    if (!isGreeting) yield chunk;
  }
}

/** The engine sends frames: one byte for the stream, three of nothing, four for the length, then the output itself. */
export async function* parseFrames(stream: AsyncIterable<Uint8Array>): AsyncGenerator<OutputChunk, void> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const bytes of stream) {
    rest = rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([rest, bytes]);
    while (rest.length >= headerBytes) {
      const end = headerBytes + rest.readUInt32BE(4);
      if (rest.length < end) break;
      yield { stream: rest[0] === stderrMark ? 'stderr' : 'stdout', data: rest.subarray(headerBytes, end) };
      rest = rest.subarray(end);
    }
  }
}
