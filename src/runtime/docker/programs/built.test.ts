import { expect, test } from 'vitest';
import { compilers as benchCompilers, built as forBenches } from '../../../../bench/first-instruction.ts';
import { architectures, compile, findCompiler, hashSources, programs } from '../../../../scripts/build-native.ts';
import { compilers, built as shipped } from './built.ts';

const rebuild = 'run `node scripts/build-native.ts` and commit what it writes';

const built = { ...shipped, ...forBenches };
const modules = (Object.keys(programs) as readonly (keyof typeof programs)[]).map((name) => ({
  name,
  program: programs[name],
  built: built[name],
}));
const cases = modules.flatMap((module) => architectures.map((architecture) => ({ ...module, architecture })));

test('every program is compiled by the same compilers', () => {
  expect(benchCompilers).toEqual(compilers);
  expect(Object.keys(built)).toEqual(Object.keys(programs));
});

test.each(modules)('the compiled $name is of the present source', ({ program, built }) => {
  expect(built.sourceHash, rebuild).toBe(hashSources(program));
});

// Another version of a compiler makes other bytes, of which nothing follows; the hash above binds every machine.
const comparable = cases.filter(({ architecture }) => findCompiler(architecture) === compilers[architecture]);

test.each(comparable)(
  'the compiled $name for $architecture is what its compiler makes of the source',
  ({ program, built, architecture }) => {
    expect(compile(program, architecture).toString('base64'), rebuild).toBe(built[architecture]);
  },
);

test.each(cases)(
  'the compiled $name for $architecture is one read-only segment that asks for no other file',
  ({ built, architecture }) => {
    const bytes = Buffer.from(built[architecture], 'base64');
    const headers = Array.from({ length: bytes.readUInt16LE(56) }, (_, index) => {
      const at = Number(bytes.readBigUInt64LE(32)) + index * 56;
      return { type: bytes.readUInt32LE(at), flags: bytes.readUInt32LE(at + 4) };
    });
    const [loaded, readAndExecute, stack, readAndWrite] = [1, 5, 0x6474e551, 6];
    expect(headers).toEqual([
      { type: loaded, flags: readAndExecute },
      { type: stack, flags: readAndWrite },
    ]);
  },
);
