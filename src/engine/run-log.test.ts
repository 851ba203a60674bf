import { describe, expect, it } from 'vitest';
import { LogBudget, type LogChunk, RunLog } from './run-log.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const print = (log: RunLog, text: string, stream: LogChunk['stream'] = 'stdout'): void =>
  log.append({ stream, data: bytesOf(text) });

const collect = async (chunks: AsyncIterable<LogChunk>): Promise<string> => {
  let seen = '';
  for await (const { stream, text } of chunks) seen += `${stream}:${text}|`;
  return seen;
};

const all = async (chunks: AsyncIterable<LogChunk>): Promise<readonly LogChunk[]> => {
  const seen: LogChunk[] = [];
  for await (const chunk of chunks) seen.push(chunk);
  return seen;
};

const turnOfTheLoop = () => new Promise((resolve) => setImmediate(resolve));

const logOf = (perRunBytes: number, readerPatienceMs = 60_000): RunLog =>
  new RunLog(new LogBudget({ perRunBytes, readerPatienceMs }));

describe('a run’s log', () => {
  it('is followed from its beginning to its end, however late the reader comes', async () => {
    const log = new RunLog(new LogBudget());
    print(log, 'one');
    const early = collect(log.follow());
    print(log, 'two', 'stderr');
    log.close();
    expect(await early).toBe('stdout:one|stderr:two|');
    expect(await collect(log.follow())).toBe('stdout:one|stderr:two|');
    expect(log).toMatchObject({ text: 'onetwo', stdout: 'one', stderr: 'two', missingBytes: 0 });
  });

  it('keeps the end of a long output, after a mark that says how much is missing of each stream', async () => {
    const log = logOf(10);
    print(log, '12345');
    print(log, 'abcdefgh', 'stderr');
    expect(log.stdout).toBe('[cycle-scheduler: 3 bytes of stdout are missing here]\n45');
    expect(log.stderr).toBe('abcdefgh');
    print(log, 'ijklmnopqrstuvwxyz', 'stderr');
    expect(log.text).toBe(
      '[cycle-scheduler: 5 bytes of stdout are missing here]\n[cycle-scheduler: 16 bytes of stderr are missing here]\nqrstuvwxyz',
    );
    expect(Buffer.from(log.bytes()).toString()).toBe('qrstuvwxyz');
    expect([log.missingBytes, log.missingBytesOf('stdout')]).toEqual([21, 5]);
    log.close();
    const [first, , third] = await all(log.follow());
    expect(first).toMatchObject({ stream: 'stdout', missingBytes: 5, data: new Uint8Array() });
    expect(third).toMatchObject({ stream: 'stderr', text: 'qrstuvwxyz' });
  });

  it('keeps bytes as they are, and gives text with whole characters and byte order marks', async () => {
    const log = new RunLog(new LogBudget());
    const bytes = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('🐎é'), Buffer.from([0xff, 0x00, 0xc3])]);
    const following = all(log.follow());
    for (const byte of bytes) {
      log.append({ stream: 'stdout', data: Uint8Array.of(byte) });
      await Promise.resolve();
    }
    log.close();
    expect(bytes.equals(log.bytes('stdout'))).toBe(true);
    expect(log.text).toBe('\ufeff🐎é\ufffd\0\ufffd');
    const chunks = await following;
    expect(Buffer.concat(chunks.map(({ data }) => data)).equals(bytes)).toBe(true);
    expect(chunks.map(({ text }) => text).join('')).toBe(log.text);
  });

  it('begins with a whole character where its beginning is missing', () => {
    const log = logOf(7);
    print(log, '🐎🐎🐎');
    expect(log.text).toBe('[cycle-scheduler: 5 bytes of stdout are missing here]\n🐎');
    expect(log.bytes()).toHaveLength(7);
  });
});

describe('a reader that follows a run’s log', () => {
  it('gets every byte, and the run waits meanwhile', async () => {
    const log = logOf(10);
    const follower = log.follow();
    print(log, 'a'.repeat(150_000));
    let hasRoom = false;
    const room = log.room().then(() => {
      hasRoom = true;
    });
    await turnOfTheLoop();
    expect(hasRoom).toBe(false);
    let read = 0;
    while (read < 150_000) read += (await follower.next()).value?.data.length ?? 0;
    await room;
    log.close();
    expect([read, log.missingBytes]).toEqual([150_000, 149_990]);
    expect(await follower.next()).toEqual({ done: true, value: undefined });
  });

  it('counts from the call, not from the first chunk that is asked for', async () => {
    const log = logOf(10);
    const follower = log.follow();
    print(log, 'a'.repeat(25));
    log.close();
    expect(await collect(follower)).toBe(`stdout:${'a'.repeat(25)}|`);
  });

  it('holds up the run no longer when it takes nothing for too long, and gets a mark for what it missed', async () => {
    const log = logOf(10, 0);
    const follower = log.follow();
    print(log, 'abc\n');
    await follower.next();
    print(log, '0123456789');
    await new Promise((resolve) => setTimeout(resolve, 2));
    print(log, 'ABCDE');
    log.close();
    expect(await collect(follower)).toBe(
      'stdout:[cycle-scheduler: 5 bytes of stdout are missing here]\n|stdout:56789ABCDE|',
    );
  });

  it('holds a run up except for a trickle, for Docker drops unread output of an ended process', async () => {
    const log = logOf(10);
    log.follow();
    const began = performance.now();
    for (let round = 0; round < 2; round += 1) {
      print(log, 'a'.repeat(150_000));
      await log.room();
    }
    expect(performance.now() - began).toBeGreaterThan(450);
    expect(log.missingBytes).toBe(0);
    print(log, 'a'.repeat(150_000));
    const held = log.room();
    log.hurry();
    // Long before the next piece may come.
    expect(await Promise.race([held, turnOfTheLoop().then(() => 'held')])).toBeUndefined();
  });

  it('holds nothing when it leaves, at once or later', async () => {
    const log = logOf(10);
    const followers = [log.follow(), log.follow()];
    const asked = followers[0]?.next();
    for (const follower of followers) await follower.return();
    expect(await asked).toEqual({ done: true, value: undefined });
    print(log, 'a'.repeat(20));
    expect(log.missingBytes).toBe(10);
  });

  it('gets a mark where an unknown amount of output may be missing', async () => {
    const log = new RunLog(new LogBudget());
    const follower = log.follow();
    print(log, 'one\n');
    await follower.next();
    log.appendLoss();
    log.close();
    const mark = '[cycle-scheduler: bytes of stdout may be missing here, how many is unknown]\n';
    expect((await follower.next()).value).toMatchObject({ missingBytes: null, text: mark });
    expect(log.missingBytes).toBeNull();
    expect(log.stdout).toBe(`${mark}one\n`);
  });
});

describe('all logs together', () => {
  it('stay within their limit: those that have grown least lately give way', () => {
    const budget = new LogBudget({ perRunBytes: 10, totalBytes: 25 });
    const [old, quiet, busy] = [new RunLog(budget), new RunLog(budget), new RunLog(budget)];
    for (const log of [quiet, old, quiet, busy, busy]) print(log, '12345');
    expect([old, quiet, busy].map(({ size }) => size)).toEqual([5, 10, 10]);
    print(busy, 'abc');
    expect([old, quiet, busy].map(({ size }) => size)).toEqual([5, 10, 10]);
    const fresh = new RunLog(budget);
    print(fresh, '1234567');
    expect([old, quiet, busy, fresh].map(({ size }) => size)).toEqual([0, 8, 10, 7]);
    expect(old.missingBytes).toBe(5);
  });

  it('take nothing from readers, and do not hold up a run without a reader', async () => {
    const budget = new LogBudget({ perRunBytes: 10, totalBytes: 15 });
    const [read, unread] = [new RunLog(budget), new RunLog(budget)];
    const follower = read.follow();
    print(read, 'a'.repeat(14));
    print(unread, 'b'.repeat(10));
    await unread.room();
    expect([read.size, unread.size, unread.missingBytes]).toEqual([14, 1, 9]);
    expect((await follower.next()).value).toMatchObject({ text: 'a'.repeat(14) });
  });

  it('have a ceiling: past it the run no longer waits for the slowest reader, which finds a mark', async () => {
    const budget = new LogBudget({ perRunBytes: 8, totalBytes: 40 });
    const [busy, other] = [new RunLog(budget), new RunLog(budget)];
    const [slow, fast, elsewhere] = [busy.follow(), busy.follow(), other.follow()];
    print(other, 'b'.repeat(16));
    const sizes: number[] = [];
    let read = 0;
    for (let round = 0; round < 20; round += 1) {
      print(busy, 'a'.repeat(8));
      read += (await fast.next()).value?.data.length ?? 0;
      sizes.push(busy.size + other.size);
    }
    // A quarter above the budget.
    expect(Math.max(...sizes)).toBe(48);
    expect(read).toBe(160);
    busy.close();
    other.close();
    expect(await collect(elsewhere)).toBe(`stdout:${'b'.repeat(16)}|`);
    expect(await collect(slow)).toBe(
      `stdout:[cycle-scheduler: 152 bytes of stdout are missing here]\n|stdout:${'a'.repeat(8)}|`,
    );
  });

  it('forget a log that has a successor with its last reader', async () => {
    const budget = new LogBudget({ perRunBytes: 10, totalBytes: 10 });
    const old = new RunLog(budget);
    print(old, 'a'.repeat(10));
    const follower = old.follow();
    old.retire();
    const next = new RunLog(budget);
    print(next, 'b');
    expect(budget.isFull).toBe(false);
    expect(next.size).toBe(0);
    await follower.return();
    print(next, 'b'.repeat(10));
    expect(next.size).toBe(10);
  });

  it('count a log that has a successor no more when it prints again, and do not hold its run up', async () => {
    const budget = new LogBudget({ perRunBytes: 10, totalBytes: 10 });
    const [old, read] = [new RunLog(budget), new RunLog(budget)];
    old.retire();
    print(old, 'a'.repeat(150_000));
    const next = new RunLog(budget);
    print(next, 'b'.repeat(10));
    print(old, 'a');
    expect([old.size, next.size]).toEqual([10, 10]);
    read.follow();
    print(read, 'c'.repeat(11));
    expect(budget.isFull).toBe(true);
    // Long before a run that is held up goes on.
    expect(await Promise.race([old.room(), turnOfTheLoop().then(() => 'held')])).toBeUndefined();
    print(next, 'b');
    expect(next.size).toBe(0);
  });

  it('shrink to their size when the reader that held them leaves', async () => {
    const log = logOf(10);
    const follower = log.follow();
    print(log, 'a'.repeat(25));
    log.close();
    await follower.return();
    expect(log.size).toBe(10);
  });
});
