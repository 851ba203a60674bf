import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import type { Exit, OutputChunk } from '../../port.ts';
import type { DockerConnection } from './connection.ts';
import { Outages, readAttached, readResumed } from './output.ts';
import type { DockerProduct } from './quirks.ts';

const over: Exit = { code: 0, outOfMemory: false };

const frame = (stream: OutputChunk['stream'], data: string | Buffer): Buffer => {
  const header = Buffer.alloc(8);
  header[0] = stream === 'stderr' ? 2 : 1;
  header.writeUInt32BE(Buffer.byteLength(data), 4);
  return Buffer.concat([header, Buffer.from(data)]);
};

const aStart = [Buffer.from('{"Action":"start"}\n')];

/** An engine that has nothing but logs, each request is answered the next of them, and the event of a start. */
const createEngine = (...logs: readonly Iterable<Buffer>[]) => {
  let remembered: readonly Buffer[] = aStart;
  const asked: { readonly follow: boolean }[] = [];
  const dial = (
    { path, options }: { readonly path: string; readonly options: { readonly follow: boolean } },
    answer: (error: null, log: Readable) => void,
  ): void => {
    if (path.startsWith('/events')) return answer(null, Readable.from(remembered));
    asked.push({ follow: options.follow });
    answer(null, Readable.from(logs[asked.length - 1] ?? []));
  };
  const forget = (): void => {
    remembered = [];
  };
  return {
    asked,
    forget,
    connection: { docker: { modem: { dial } } } as unknown as DockerConnection,
    info: { product: 'Docker' as DockerProduct },
    outages: new Outages(),
  };
};

async function* connectionOf(...texts: readonly string[]): AsyncGenerator<OutputChunk> {
  for (const text of texts) {
    await Promise.resolve();
    yield { stream: 'stdout', data: Buffer.from(text) };
  }
}

const read = async (output: AsyncIterable<OutputChunk>) => {
  const seen = { stdout: '', stderr: '', isLost: false };
  for await (const { stream, data, isLost } of output) {
    seen[stream] += Buffer.from(data).toString();
    seen.isLost ||= isLost ?? false;
  }
  return seen;
};

it('output that a connection has read to its end is not asked for again', async () => {
  const context = createEngine();
  const seen = await read(readAttached(context, 'id', Promise.resolve(over), connectionOf('one', 'two')));
  expect(seen).toEqual({ stdout: 'onetwo', stderr: '', isLost: false });
  expect(context.asked).toEqual([]);
});

it('output goes on with the engine’s log where the engine was away before the run has ended', async () => {
  const log = [frame('stdout', 'one'), frame('stderr', 'err'), frame('stdout', 'twothree')];
  const context = createEngine(
    log,
    [...log, frame('stdout', 'four')],
    [...log, frame('stdout', 'four'), frame('stderr', '!')],
  );
  context.outages.on({ type: 'unavailable', reason: 'a test' });
  const reading = read(
    readAttached(context, 'id', new Promise((resolve) => setImmediate(resolve, over)), connectionOf('one', 'tw')),
  );
  setImmediate(() => context.outages.on({ type: 'available' }));
  expect(await reading).toEqual({ stdout: 'onetwothreefour', stderr: 'err!', isLost: false });
  expect(context.asked).toEqual([{ follow: false }, { follow: true }, { follow: false }]);
});

it('output is marked where it goes on with the log of an engine that was started again', async () => {
  const log = [frame('stdout', 'one'), frame('stdout', 'three')];
  const context = createEngine(log, log, log);
  context.forget();
  context.outages.on({ type: 'unavailable', reason: 'a test' });
  setImmediate(() => context.outages.on({ type: 'available' }));
  const pieces: string[] = [];
  const output = readAttached(
    context,
    'id',
    new Promise((resolve) => setImmediate(resolve, over)),
    connectionOf('one'),
  );
  for await (const { data, isLost } of output) pieces.push(isLost ? '(lost)' : String(Buffer.from(data)));
  expect(pieces).toEqual(['one', '(lost)', 'three']);
});

it('an outage long before the end of a connection does not affect the output', async () => {
  const context = createEngine();
  context.outages.on({ type: 'unavailable', reason: 'a test' });
  context.outages.on({ type: 'available' });
  await read(readAttached(context, 'id', Promise.resolve(over), connectionOf('one')));
  expect(context.asked).toEqual([]);
});

it('the output of a run of an earlier process is read without the greeting, and once more when it has ended', async () => {
  const begin = [frame('stderr', 'hel'), frame('stderr', 'lo\n'), frame('stderr', 'hello\n'), frame('stdout', '1\n')];
  const context = createEngine(begin, begin, begin, [...begin, frame('stdout', 'END')]);
  const seen = await read(readResumed(context, 'id', Promise.resolve(over), 'hello\n'));
  expect(seen).toEqual({ stdout: '1\nEND', stderr: 'hello\n', isLost: false });
});

it('a log of Podman is read again for each line that it lets one follow, for it leaves some out', async () => {
  const lines = (...texts: readonly string[]) => texts.map((text) => frame('stdout', text));
  const context = createEngine(
    lines('1\n'),
    lines('1\n', '2\n', '4\n'),
    lines('1\n', '2\n', '3\n'),
    lines('1\n', '2\n', '3\n', '4\n', '5\n'),
  );
  context.info.product = 'Podman';
  expect(await read(readResumed(context, 'id', Promise.resolve(over), ''))).toMatchObject({
    stdout: '1\n2\n3\n4\n5\n',
    isLost: false,
  });
  expect(context.asked.map(({ follow }) => follow)).toEqual([false, true, false, false]);
});

it('a long log that has lost the greeting is not read through to find it', { timeout: 10_000 }, async () => {
  const endless = (function* () {
    for (;;) yield frame('stdout', Buffer.alloc(16_384));
  })();
  const kept = [frame('stdout', 'kept')];
  const context = createEngine(endless, kept, kept, kept);
  const seen = await read(readResumed(context, 'id', Promise.resolve(over), 'hello\n'));
  expect(seen).toEqual({ stdout: 'kept', stderr: '', isLost: true });
});

it('a log that does not begin with the greeting, or is so long that it may have lost its beginning, does not count as whole', async () => {
  const cut = [frame('stdout', '1\n'), frame('stderr', 'oh\n')];
  expect(await read(readResumed(createEngine(cut, cut, cut, cut), 'id', Promise.resolve(over), 'hello\n'))).toEqual({
    stdout: '1\n',
    stderr: 'oh\n',
    isLost: true,
  });
  const long = Array.from({ length: 2_300 }, () => frame('stdout', Buffer.alloc(16_384)));
  expect(await read(readResumed(createEngine(long), 'id', Promise.resolve(over), ''))).toMatchObject({ isLost: true });
});
