import { describe, expect, it } from 'vitest';
import { type LogChunk, RunLog, recordOutput } from './run-log.ts';

const collect = async (log: RunLog): Promise<string> => {
  const chunks: LogChunk[] = [];
  for await (const chunk of log.follow()) chunks.push(chunk);
  return chunks.map(({ stream, text }) => `${stream}:${text}`).join('|');
};

describe('a run’s log', () => {
  it('is followed from its beginning to its end, however late one comes', async () => {
    const log = new RunLog();
    log.append({ stream: 'stdout', text: 'one' });
    const early = collect(log);
    log.append({ stream: 'stderr', text: 'two' });
    log.close();
    expect(await early).toBe('stdout:one|stderr:two');
    expect(await collect(log)).toBe('stdout:one|stderr:two');
    expect(log.text).toBe('onetwo');
  });

  it('keeps the end of a long output, and a slow follower goes on there', async () => {
    const log = new RunLog();
    const follower = log.follow();
    log.append({ stream: 'stdout', text: 'first' });
    expect((await follower.next()).value).toEqual({ stream: 'stdout', text: 'first' });
    for (let line = 0; line < 600; line += 1) log.append({ stream: 'stdout', text: `${line}`.padEnd(1024, ' ') });
    log.close();
    expect(log.text.length).toBe(256 * 1024);
    expect((await follower.next()).value?.text.trim()).toBe('344');
  });

  it('puts characters together that the engine broke apart', async () => {
    const log = new RunLog();
    const horse = new TextEncoder().encode('🐎');
    await recordOutput(
      log,
      (async function* () {
        yield { stream: 'stdout' as const, data: horse.slice(0, 2) };
        await Promise.resolve();
        yield { stream: 'stdout' as const, data: horse.slice(2) };
      })(),
    );
    expect(log.text).toBe('🐎');
    await log.closed();
  });
});
