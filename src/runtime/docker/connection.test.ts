import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { createMovableClock } from '../../shared/clock.ts';
import { connectDocker, type DockerConnection, readJsonLines, startHeartbeat } from './connection.ts';

test('a request that may be repeated is sent once more where the connection breaks, and no other', async () => {
  const asked: string[] = [];
  await using server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (request.url === '/_ping') response.end('OK');
    else response.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  using connection = await connectDocker(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const container = connection.docker.getContainer('id');
  await expect(container.remove()).rejects.toThrow();
  await expect(container.start()).rejects.toThrow();
  await expect(container.pause()).rejects.toThrow();
  const path = '/containers/id';
  const starts = [`POST ${path}/start`, `POST ${path}/start`];
  expect(asked).toEqual(['GET /_ping', `DELETE ${path}`, `DELETE ${path}`, ...starts, `POST ${path}/pause`]);
});

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

const read = async (chunks: readonly Buffer[]): Promise<readonly unknown[]> => {
  const values: unknown[] = [];
  for await (const value of readJsonLines(Readable.from(chunks))) values.push(value);
  return values;
};

test('JSON lines are read however the stream is cut, within a character too', async () => {
  const whole = Buffer.from('{"a":"日"}\r\n\n{"b":2}\n{"c":3}');
  for (let at = 0; at <= whole.length; at += 1) {
    expect(await read([whole.subarray(0, at), whole.subarray(at)])).toEqual([{ a: '日' }, { b: 2 }, { c: 3 }]);
  }
});
