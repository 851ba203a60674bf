import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { connectDocker, readJsonLines } from './connection.ts';

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
