import { expect, it } from 'vitest';
import { readServerSentEvents } from './emulator-client.ts';

it('server-sent events are put together, however the stream is cut', async () => {
  const text = 'id: 1\nevent: a\ndata: {"x":"žluť: 1"}\n\nid: 2\nevent: b\ndata: {}\n\nid: 3\nevent: cut off';
  const bytes = new TextEncoder().encode(text);
  const bitwise = async function* () {
    for (const byte of bytes) yield await Promise.resolve(Uint8Array.of(byte));
  };
  const events = [];
  for await (const event of readServerSentEvents(bitwise())) events.push(event);
  expect(events).toEqual([
    { id: '1', event: 'a', data: '{"x":"žluť: 1"}' },
    { id: '2', event: 'b', data: '{}' },
  ]);
});
