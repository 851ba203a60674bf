import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../src/shared/package.ts';

const read = (path: string): string => readFileSync(join(packageRoot, path), 'utf8');

const { files: patterns } = JSON.parse(read('package.json')) as { readonly files: readonly string[] };
const files = patterns.filter((one) => !one.startsWith('!'));

/** What npm packs beside `files`. */
const always = ['README.md', 'package.json'];

const isPacked = (path: string): boolean =>
  existsSync(join(packageRoot, path)) &&
  [...files, ...always].some((one) => path === one || path.startsWith(`${one}/`));

/** As GitHub and editors name a heading. */
const anchorsOf = (text: string): readonly string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

test.for(
  [...always, ...files]
    .flatMap((one) => globSync([one, `${one}/**`], { cwd: packageRoot }))
    .filter((path) => path.endsWith('.md') && !path.includes('node_modules')),
)('every link of %s leads to something in the package', (page) => {
  const links = [...read(page).matchAll(/\]\((?!\w+:)([^)\s]+)\)/g)].map(([, link = '']) => link);
  const broken = links.filter((link) => {
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : relative(packageRoot, join(packageRoot, dirname(page), path));
    return !isPacked(target) || (anchor !== undefined && !anchorsOf(read(target)).includes(anchor));
  });
  expect(broken).toEqual([]);
});
