import { expect, test } from 'vitest';
import { built as firstInstruction, sourceHash as firstInstructionHash } from '../../../../bench/first-instruction.ts';
import { architectures, compile, findCompiler, hashSources, programs } from '../../../../scripts/build-native.ts';
import { built as probe, sourceHash as probeHash } from '../probe/built.ts';
import { built as sandbox, sourceHash as sandboxHash } from '../sandbox/built.ts';
import { built as launcher, sourceHash as launcherHash } from './built.ts';

const rebuild = 'run `node scripts/build-native.ts` and commit what it writes';

const modules = [
  { name: 'launcher', program: programs.launcher, built: launcher, sourceHash: launcherHash },
  { name: 'probe', program: programs.probe, built: probe, sourceHash: probeHash },
  { name: 'sandbox', program: programs.sandbox, built: sandbox, sourceHash: sandboxHash },
  {
    name: 'first instruction',
    program: programs.firstInstruction,
    built: firstInstruction,
    sourceHash: firstInstructionHash,
  },
];
const cases = modules.flatMap((module) => architectures.map((architecture) => ({ ...module, architecture })));

test.each(modules)('the compiled $name is of the present source', ({ program, sourceHash }) => {
  expect(sourceHash, rebuild).toBe(hashSources(program));
});

// Another version of a compiler makes other bytes, of which nothing follows; the hash above binds every machine.
const comparable = cases.filter(
  ({ built, architecture }) => findCompiler(architecture) === built[architecture].compiler,
);

test.each(comparable)(
  'the compiled $name for $architecture is what its compiler makes of the source',
  ({ program, built, architecture }) => {
    expect(compile(program, architecture).toString('base64'), rebuild).toBe(built[architecture].base64);
  },
);

test.each(cases)(
  'the compiled $name for $architecture is one read-only segment that asks for no other file',
  ({ built, architecture }) => {
    const bytes = Buffer.from(built[architecture].base64, 'base64');
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
