import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { complaintsOf } from '../../test/support/stack/platform-schema.ts';
import { problemsOf } from '../../test/support/stack/sample.ts';
import { stackArbitrary } from '../../test/support/stack/stack-arbitrary.ts';
import { EmulatorError } from '../shared/errors.ts';
import { parseStack } from './load-stack.ts';

type Path = readonly (string | number)[];

const options = { source: 'stack', root: '/' };
const root = join(import.meta.dirname, '../..');

/** Every value below, with its path; of lists and maps only those that are empty. */
const leavesOf = (value: unknown, path: Path = []): readonly { readonly path: Path; readonly value: unknown }[] => {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (entries.length === 0) return [{ path, value }];
  return entries.flatMap(([key, inner]) => leavesOf(inner, [...path, Array.isArray(value) ? Number(key) : key]));
};

/** As warnings write paths. */
const render = (path: Path): string =>
  path
    .map((step) => (typeof step === 'string' && /^[\w-]+$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`))
    .join('')
    .replace(/^\./, '');

/** Of a function, all that the emulator acts on, or that says nothing about what happens. */
const actedOn = new RegExp(
  `^(name|annotations|lock|image\\.(name|origin|build\\.args)|config\\.(${[
    'scaling\\.instances\\.min_ttl',
    'network\\.(public|hostname|ports)',
    'deploy\\.(instances|strategy|function|shutdown|readiness_check|health_check)',
    'runtime\\.(workdir|command|environment_vars|sysctl|rlimits|capabilities|rootfs|devices\\.shm_size)',
    'resources\\.(cpu|ram\\.(limit|reserve))',
  ].join('|')}))\\b`,
);

const asksForNothing = (value: unknown): boolean =>
  value === null ||
  value === false ||
  value === '' ||
  value === 0 ||
  (typeof value === 'object' && Object.keys(value).length === 0);

describe('a stack that the platform’s schema allows', () => {
  it('has no problems, and no warning of an unknown field', () => {
    fc.assert(
      fc.property(stackArbitrary, (stack) => {
        expect(complaintsOf(stack)).toEqual([]);
        expect(problemsOf(() => parseStack(stack, options))).toEqual([]);
        for (const warning of parseStack(stringify(stack), options).warnings) {
          expect(warning).toMatch(/^(stack:\d+:\d+ |and \d+ more)/);
          expect(warning).not.toContain('unknown');
        }
      }),
      { numRuns: 100 },
    );
  });

  it('has a warning for each field of a function that is not acted on', () => {
    fc.assert(
      fc.property(stackArbitrary, (stack) => {
        const { functions, warnings } = parseStack(stack, options);
        const warned = warnings.map((line) => line.slice(0, line.indexOf(': ')));
        for (const { identifier } of functions) {
          const at = ['containers', identifier];
          for (const { path, value } of leavesOf((stack['containers'] as Record<string, unknown>)[identifier])) {
            if (actedOn.test(render(path)) || asksForNothing(value)) continue;
            const places = path.map((_, index) => render([...at, ...path.slice(0, index + 1)]));
            expect(warned, render(path)).toEqual(expect.arrayContaining([expect.toBeOneOf(places)]));
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});

/** What the schema refuses and the emulator takes without a word; docs/fixtures.md has the reasons. */
const taken = {
  /** What is missing has a default, or is reported as missing. */
  complaints: / must (have required property|match .*schema in|be null$)/,
  /** Below a field that is not acted on nothing is looked at. */
  places: new RegExp(
    `^(about\\.|annotations\\.|monitoring\\.|services\\.(discovery|loadbalancer|vpn)\\.|scoped_variables\\[\\d+\\]\\.(access|source)|containers\\.[\\w-]+\\.(${[
      'role$',
      'volumes\\[',
      'image\\.(build\\.|builder\\.|origin\\.details\\.(existing|credentials|\\w+[.[]))',
      'config\\.(scaling|integrations)\\.',
      'config\\.deploy\\.(stateful|constraints|startup|update|restart|telemetry)\\.',
      'config\\.runtime\\.(namespaces\\[|seccomp\\.|host\\.|devices\\.(expose|permissions)\\[)',
    ].join('|')}))`,
  ),
};

describe('a stack that the platform’s schema refuses', () => {
  const wrong = fc.constantFrom<unknown>(1, 1.5, 'x', true, [], ['x'], [1], {}, { x: 1 });

  it('has a problem or a warning, but where the documentation says that it is taken', () => {
    fc.assert(
      fc.property(stackArbitrary, fc.nat(), fc.nat(20), wrong, (stack, at, depth, value) => {
        const leaves = leavesOf(stack);
        const leaf = leaves[at % leaves.length]?.path ?? [];
        const path = leaf.slice(0, 1 + (depth % Math.max(leaf.length, 1)));
        const changed = structuredClone(stack);
        setAt(changed, path, value);
        const complaints = complaintsAt(changed, path);
        const place = render(path);
        if (complaints.length === 0 || taken.places.test(place)) return;
        const said = saidPlaces(changed);
        const isSaid = said === 'a problem' || said.some((one) => place.startsWith(one) || one.startsWith(place));
        expect(isSaid, JSON.stringify({ place, value, complaints })).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

/** What the schema has against what stands at the path, and not against what might have stood there in its place. */
const complaintsAt = (stack: unknown, path: Path): readonly string[] => {
  const pointer = `/${path.join('/')}`;
  return complaintsOf(stack).filter((line) => line.startsWith(pointer) && !taken.complaints.test(line));
};

/** Paths of all warnings, where there is no problem. */
const saidPlaces = (stack: unknown): readonly string[] | 'a problem' => {
  try {
    return parseStack(stack, options).warnings.map((line) => line.slice(0, line.indexOf(': ')));
  } catch (error) {
    if (!(error instanceof EmulatorError)) throw error;
    return 'a problem';
  }
};

const setAt = (target: unknown, [step = '', ...rest]: Path, value: unknown): void => {
  const object = target as Record<string | number, unknown>;
  if (rest.length === 0) object[step] = value;
  else setAt(object[step], rest, value);
};

describe('the stacks that come with the project', async () => {
  const folders = ['fixtures', ...(await readdir(join(root, 'examples'))).map((name) => join('examples', name))];
  const files = (
    await Promise.all(
      folders.map(async (folder) =>
        (
          await readdir(join(root, folder))
        )
          .filter((name) => /\.(ya?ml|json)$/.test(name))
          .map((name) => join(folder, name)),
      ),
    )
  ).flat();
  const texts = await Promise.all(files.map(async (file) => [file, await readFile(join(root, file), 'utf8')] as const));
  const stacks = texts.filter(([, text]) => /^containers:/m.test(text));

  it('are all there', () => {
    expect(stacks.length).toBeGreaterThanOrEqual(7);
  });

  it.each(stacks)('%s names the schema that editors take', (file, text) => {
    const [, path = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? [];
    // Examples are copied to where the package is installed.
    const installed = path.replace(/^node_modules\/cycle-scheduler/, root);
    expect(resolve(root, dirname(file), installed)).toBe(join(root, 'stack.schema.json'));
  });

  it.each(stacks)('%s is one for the platform', (_, text) => {
    const { emulator: _own, ...stack } = parse(text) as Record<string, unknown>;
    expect(complaintsOf(stack)).toEqual([]);
  });
});
