import { expect, onTestFinished, test, vi } from 'vitest';
import { createNamedOutput } from './logs.ts';

test('the output of a run that ends within a character shows the bytes that there are', async () => {
  const shown: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((...[text, done]: readonly unknown[]) => {
    shown.push(String(text));
    (done as () => void)();
    return true;
  });
  onTestFinished(() => write.mockRestore());
  const show = createNamedOutput([], true, new AbortController());
  const piece = { stream: 'stdout', data: Buffer.from('€').subarray(0, 2) } as const;
  await show('function', 'instance', ReadableStream.from([piece]));
  expect(shown.map((line) => JSON.parse(line).text)).toEqual(['\ufffd']);
});
