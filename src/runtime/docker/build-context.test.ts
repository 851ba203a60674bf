import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { finished } from 'node:stream/promises';
import { extract } from 'tar-fs';
import { expect, test } from 'vitest';
import { loadBuildContext } from './build-context.ts';

/** The files that reach the engine. */
const packed = async (
  files: Readonly<Record<string, string>>,
  dockerfile = 'Dockerfile',
): Promise<readonly string[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'cycle-context-'));
  try {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, 'in', path)), { recursive: true });
      writeFileSync(join(folder, 'in', path), content);
    }
    const unpacking = extract(join(folder, 'out'));
    (await loadBuildContext(join(folder, 'in'), dockerfile)).pipe(unpacking);
    await finished(unpacking);
    return readdirSync(join(folder, 'out'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, 'out/').length))
      .sort();
  } finally {
    rmSync(folder, { recursive: true });
  }
};

test('is the whole folder without .dockerignore', async () => {
  expect(await packed({ Dockerfile: '', 'a.txt': '', 'deep/er/b.txt': '' })).toEqual([
    'Dockerfile',
    'a.txt',
    'deep/er/b.txt',
  ]);
});

test('leaves out what .dockerignore names, folders with all that is in them', async () => {
  const files = {
    Dockerfile: '',
    '.dockerignore': 'node_modules\n**/*.log\n',
    'node_modules/x/y.js': '',
    'a/b.log': '',
    'a/c': '',
  };
  expect(await packed(files)).toEqual(['.dockerignore', 'Dockerfile', 'a/c']);
});

test('keeps an exception, also within a folder that is left out', async () => {
  const files = {
    Dockerfile: '',
    '.dockerignore': '*\n!src/kept.js\n',
    'src/kept.js': '',
    'src/other.js': '',
    'c.txt': '',
  };
  expect(await packed(files)).toEqual(['.dockerignore', 'Dockerfile', 'src/kept.js']);
});

test('keeps the Dockerfile whatever the rules say', async () => {
  const files = { 'docker/Dockerfile': '', 'docker/notes': '', '.dockerignore': 'docker\n' };
  expect(await packed(files, 'docker/Dockerfile')).toEqual(['.dockerignore', 'docker/Dockerfile']);
});

test('goes by the rules named after the Dockerfile before the common ones', async () => {
  const files = { 'a.Dockerfile': '', 'a.Dockerfile.dockerignore': 'x\n', '.dockerignore': 'y\n', x: '', y: '' };
  expect(await packed(files, 'a.Dockerfile')).toContain('y');
  expect(await packed(files, 'a.Dockerfile')).not.toContain('x');
});
