import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { createMovableClock } from '../../shared/clock.ts';
import type { DockerConnection } from './engine/connection.ts';
import { startHeartbeat } from './events.ts';

/** An engine that answers until the test says otherwise, asked on a clock that stands still. */
const listen = () => {
  const clock = createMovableClock({ frozenAt: 0 });
  const silences: unknown[] = [];
  const engine = { answers: true, asked: 0 };
  const dial = (_request: object, callback: (error: Error | null, answer: Readable) => void): void => {
    engine.asked += 1;
    callback(engine.answers ? null : new Error('no socket'), Readable.from([]));
  };
  const heartbeat = startHeartbeat({ docker: { modem: { dial } } } as unknown as DockerConnection, clock, (error) =>
    silences.push(error),
  );
  return { clock, silences, engine, [Symbol.dispose]: () => heartbeat[Symbol.dispose]() };
};

test('the heartbeat asks every two seconds for as long as the engine answers', async () => {
  using line = listen();
  for (let beat = 1; beat <= 3; beat += 1) {
    await line.clock.advance(2_000);
    expect(line.engine.asked).toBe(beat);
  }
  expect(line.silences).toEqual([]);
});

test('the heartbeat reports a silence once, and asks no more', async () => {
  using line = listen();
  line.engine.answers = false;
  await line.clock.advance(2_000);
  expect(line.silences).toEqual([new Error('no socket')]);
  await line.clock.advance(60_000);
  expect(line.engine.asked).toBe(1);
});

test('the heartbeat asks no more once it is disposed of', async () => {
  const line = listen();
  line[Symbol.dispose]();
  await line.clock.advance(60_000);
  expect(line.engine.asked).toBe(0);
});
