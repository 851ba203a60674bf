import { mkdirSync, mkdtempDisposableSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { WatchedFiles } from './watched-files.ts';

/** A stack file and a context, watched; `change` waits until something may have changed and answers what has. */
const open = async () => {
  const folder = mkdtempDisposableSync(join(tmpdir(), 'cycle-watch-'));
  const put = (path: string, content: string): void => writeFileSync(join(folder.path, path), content);
  mkdirSync(join(folder.path, 'app/src'), { recursive: true });
  put('stack.yaml', 'one');
  put('app/Dockerfile', 'FROM scratch');
  put('app/.dockerignore', 'logs\n*.log');
  put('app/src/main.sh', 'one');
  const contextDir = join(folder.path, 'app');
  const build = {
    type: 'dockerfile',
    root: folder.path,
    contextDir,
    dockerfile: join(contextDir, 'Dockerfile'),
  } as const;
  const sources = {
    files: [join(folder.path, 'stack.yaml')],
    builds: new Map([['hello', { ...build, buildArgs: {} }]]),
  };
  const warnings: string[] = [];
  const files = new WatchedFiles((warning) => warnings.push(warning));
  const stop = new AbortController();
  onTestFinished(() => {
    stop.abort();
    files[Symbol.dispose]();
    folder[Symbol.dispose]();
  });
  let before = await files.look(sources);
  const change = async (): Promise<readonly string[]> => {
    expect(await files.changes(stop.signal)).toBe(true);
    const now = await files.look(sources);
    const changed = [...now].filter(([name, look]) => before.get(name) !== look).map(([name]) => name || 'the stack');
    before = now;
    return changed;
  };
  // The look that follows the first watches, in case of changes meanwhile.
  expect(await change()).toEqual([]);
  return { ...{ path: (name: string) => join(folder.path, name), put, change, files, stop }, warnings };
};

test('each replacement of a watched file by an editor is noticed', async () => {
  const { path, put, change } = await open();
  for (const content of ['two', 'three']) {
    put('.stack.yaml.swp', content);
    renameSync(path('.stack.yaml.swp'), path('stack.yaml'));
    expect(await change()).toEqual(['the stack']);
  }
});

test('many changes at once to watched files count as one', async () => {
  const { put, change, files } = await open();
  for (const name of Array(50).keys()) put(`app/src/${name}.txt`, 'one');
  put('stack.yaml', 'two');
  expect(await change()).toEqual(['the stack', 'hello']);
  expect(await Promise.race([files.changes(AbortSignal.timeout(300)), false])).toBe(false);
});

test('a change to a file that .dockerignore leaves out is no change of the build context', async () => {
  const { put, change } = await open();
  put('app/big.log', 'x');
  expect(await change()).toEqual([]);
});

test('a folder that is made, or made again, is watched with its files', async () => {
  const { path, put, change } = await open();
  for (const content of ['one', 'two']) {
    rmSync(path('app/src'), { recursive: true });
    mkdirSync(path('app/src/deep'), { recursive: true });
    expect(await change()).toEqual(['hello']);
    // Watched since: a look follows for what came meanwhile.
    expect(await change()).toEqual([]);
    put('app/src/deep/main.sh', content);
    expect(await change()).toEqual(['hello']);
  }
});

test('a build context is noticed when it is made, and a Dockerfile when it is removed', async () => {
  const { path, put, change } = await open();
  rmSync(path('app/Dockerfile'));
  expect(await change()).toEqual(['hello']);
  put('app/Dockerfile', 'FROM scratch');
  expect(await change()).toEqual(['hello']);
});

test('the wait for a change of watched files ends at its signal', async () => {
  const { files, stop } = await open();
  const waiting = files.changes(stop.signal);
  stop.abort();
  expect(await waiting).toBe(false);
});
