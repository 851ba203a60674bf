import { expect, test } from 'vitest';
import { architectures, compileGate, findCompiler, hashSources } from '../../../../scripts/build-gate.ts';
import { builtGates, sourceHash } from './built.ts';

const rebuild = 'run `node scripts/build-gate.ts` and commit what it writes';

test('the compiled gates are of the present source', () => {
  expect(sourceHash, rebuild).toBe(hashSources());
});

test.for(architectures)(
  'the compiled gate for %s is what its compiler makes of the source',
  (architecture, { skip }) => {
    const { compiler, base64 } = builtGates[architecture];
    const found = findCompiler(architecture);
    // Another version of a compiler makes other bytes, of which nothing follows.
    skip(found !== compiler, `it was built by ${compiler}; here is ${found ?? 'none'}`);
    expect(compileGate(architecture).toString('base64'), rebuild).toBe(base64);
  },
);

test.each(architectures)(
  'the compiled gate for %s is one read-only segment that asks for no other file',
  (architecture) => {
    const gate = Buffer.from(builtGates[architecture].base64, 'base64');
    const headers = Array.from({ length: gate.readUInt16LE(56) }, (_, index) => {
      const at = Number(gate.readBigUInt64LE(32)) + index * 56;
      return { type: gate.readUInt32LE(at), flags: gate.readUInt32LE(at + 4) };
    });
    const [loaded, readAndExecute, stack, readAndWrite] = [1, 5, 0x6474e551, 6];
    expect(headers).toEqual([
      { type: loaded, flags: readAndExecute },
      { type: stack, flags: readAndWrite },
    ]);
  },
);
