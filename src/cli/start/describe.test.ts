import { expect, test } from 'vitest';
import { sampleStack } from '../../../test/support/sample-stack.ts';
import { deriveObjectId } from '../../shared/ids.ts';
import { describeReload } from './watch-stack.ts';

type Reloaded = Parameters<typeof describeReload>[0];
type Change = Reloaded['functions'][number];

const stack = sampleStack({ hello: {} });
const same = { before: stack, now: stack };
const unchanged: Reloaded = { functions: [], faults: false, needsRestart: [], durationMs: 0 };
const change: Change = {
  ...{ name: 'hello', containerId: deriveObjectId('container', 'hello'), kind: 'changed', differs: [] },
  ...{ made: 0, size: 2, sizeBefore: 2, left: 0, failure: null },
};
const describe = (reloaded: Partial<Reloaded>) => describeReload({ ...unchanged, ...reloaded }, same, 1_234);

test.each<[Partial<Change>, string]>([
  [{ differs: ['image'], made: 2 }, 'image changed, 2 instances replaced'],
  [
    { differs: ['options', 'limits'], made: 4, size: 5, left: 1 },
    'options changed, limits changed, 2 to 5 instances, 4 instances replaced, 1 instance in use as before until the end of the run',
  ],
  [{ differs: ['limits'], made: 1, size: 3, left: 1 }, 'limits changed, 2 to 3 instances'],
  [{ kind: 'added', made: 2 }, 'added, 2 instances'],
  [{ kind: 'removed', size: 1, left: 1 }, 'removed, 1 instance in use as before until the end of the run'],
  [
    { differs: ['options'], failure: 'no space' },
    'options changed, containers cannot be made and are tried again (no space)',
  ],
])('a function with %j is described in a line', (changes, line) => {
  expect(describe({ functions: [{ ...change, ...changes }] })).toEqual([`hello: ${line} in 1.2 s`]);
});

test('the description of a reload names what it leaves as it was, or that it has no effect', () => {
  expect(describe({ faults: true, needsRestart: ['emulator.network'] })).toEqual([
    'faults: set as the stack has them now',
    'emulator.network: stays as it was; restart to take it over',
  ]);
  expect(describe({})).toEqual(['the stack was read again, and no function is other than before in 1.2 s']);
});

test('the description of a reload says which options of a function have changed, and which domains', () => {
  const [hello] = stack.functions;
  if (hello === undefined) throw new Error('the sample has no function');
  const toStack = (changes: Partial<typeof hello>) => ({ ...stack, functions: [{ ...hello, ...changes }] });
  const files = [{ path: '/a', content: 'b' }] as unknown as typeof hello.files;
  const functions: Reloaded['functions'] = [{ ...change, differs: ['options'] }];
  const linked = [{ domain: 'a.example', container: 'hello', port: 80, matchPath: null }];
  const describeChange = (before: typeof stack, now: typeof stack, of = functions) =>
    describeReload({ ...unchanged, functions: of }, { before, now }, 1_234);
  expect([
    ...describeChange(stack, toStack({ environment: { A: 'b' } })),
    ...describeChange(toStack({ files }), stack),
    ...describeChange(stack, toStack({ environment: { A: 'b' }, workdir: '/' })),
    ...describeChange(stack, { ...stack, linked }, []),
    ...describeChange({ ...stack, linked }, stack, []),
  ]).toEqual([
    'hello: variables changed in 1.2 s',
    'hello: file variables changed in 1.2 s',
    'hello: variables changed, options changed in 1.2 s',
    'domains changed: a.example',
    'domains changed: a.example',
  ]);
});

test.each([
  [0.2, '1 ms'],
  [42.4, '42 ms'],
  [100, '0.1 s'],
  [61_000, '61.0 s'],
])('a reload of %d ms took %s', (tookMs, words) => {
  const [line] = describeReload(unchanged, same, tookMs);
  expect(line).toMatch(new RegExp(` in ${words}$`));
});
