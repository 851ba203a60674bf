import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { canRunLauncher, unpackLauncher } from '../../../../test/support/runtime/run-launcher.ts';
import { encodeBlock } from '../containers/hot-container.ts';

const mostBytes = 8 * 1024 ** 2;

/** Says over again, in another language and on another principle, what a block is. */
const isBlock = (bytes: Buffer): boolean => {
  if (bytes.length < 8 || bytes.toString('latin1', 0, 4) !== 'GATE') return false;
  const length = bytes.readUInt32LE(4);
  if (length > mostBytes || bytes.length < 8 + length) return false;
  return /^(?:[^=\0]+=[^\0]*\0)*$/.test(bytes.toString('latin1', 8, 8 + length));
};

const ran = /^0 cycle-gate: starting\n$/;
const gaveUp = /^0 $/;
const refused = /^(125 cycle-gate: malformed block: [a-zA-Z ]+|126 cycle-gate: argument list too long)\n$/;

const variables = fc.dictionary(fc.stringMatching(/^[A-Za-z._]{1,8}$/), fc.stringMatching(/^[^\0]{0,40}$/));
const blocks = variables.map(encodeBlock);
const bytes = fc.uint8Array({ maxLength: 64 }).map((array) => Buffer.from(array));

const alter = ([block, at, value]: [Buffer, number, number]): Buffer => {
  const altered = Buffer.from(block);
  altered[at % altered.length] = value;
  return altered;
};

const inputs = fc.oneof(
  bytes,
  blocks,
  fc.tuple(blocks, fc.nat()).map(([block, end]) => block.subarray(0, end % (block.length + 1))),
  fc.tuple(blocks, fc.nat(), fc.constantFrom(0, 1, 0x3d, 0x7f, 0x80, 0xff)).map(alter),
  fc.tuple(bytes, fc.integer({ min: 0, max: 0xffffffff })).map(([rest, length]) => {
    const header = Buffer.from('GATE\0\0\0\0');
    header.writeUInt32LE(length, 4);
    return Buffer.concat([header, rest]);
  }),
);

describe.skipIf(!canRunLauncher)('the launcher, on any bytes', { timeout: 300_000 }, () => {
  const launcher = unpackLauncher();
  afterAll(() => launcher[Symbol.dispose]());

  test('becomes the command for a block alone, and otherwise ends by itself, with its own message', async () => {
    await fc.assert(
      fc.asyncProperty(inputs, async (input) => {
        const { code, signal, stdout, stderr } = await launcher.run(['/bin/echo', 'ran'], input);
        expect(signal).toBeNull();
        expect(stdout).toBe(isBlock(input) ? 'ran\n' : '');
        expect([code, stderr].join(' ')).toMatch(isBlock(input) ? ran : input.length === 0 ? gaveUp : refused);
      }),
      { numRuns: 400 },
    );
  });
});
