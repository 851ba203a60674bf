import { mkdirSync, mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { baseImage } from '../../scripts/bare-machine/base-image.ts';
import { startEmulator } from '../../src/emulator/start-emulator.ts';
import { docker } from '../support/docker-cli.ts';
import { sample } from '../support/stack/sample.ts';

/** A project like any other: its stack and its function have the most usual names. What they print no other test builds. */
const writeProject = (folder: string, says: string): string => {
  mkdirSync(folder);
  writeFileSync(join(folder, 'Dockerfile'), `FROM ${baseImage}\nCMD ["echo", "${says}"]\n`);
  const origin = { type: 'docker-file', details: { context_dir: '/' } };
  const path = join(folder, 'stack.yaml');
  writeFileSync(path, JSON.stringify(sample({ '.image.origin': origin })));
  return path;
};

const run = async (stack: string, pull: 'missing' | 'never') => {
  await using emulator = await startEmulator({ stack, pull });
  return (await emulator.invoke('job')).logs.text;
};

test('a function built in one project never runs for another of the same names', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'cycle-projects-'));
  const [one, other] = [
    writeProject(join(folder.path, 'a'), `this is A of ${process.pid}`),
    writeProject(join(folder.path, 'b'), `this is B of ${process.pid}`),
  ];
  expect(await run(other, 'missing')).toBe(`this is B of ${process.pid}\n`);
  await expect(run(one, 'never')).rejects.toThrow(
    /^Failed to find an image built from .*\/a\/Dockerfile .* builds nothing\./,
  );
  expect(await run(one, 'missing')).toBe(`this is A of ${process.pid}\n`);
  expect(await run(other, 'never')).toBe(`this is B of ${process.pid}\n`);
  expect(await run(one, 'never')).toBe(`this is A of ${process.pid}\n`);
  const built = await docker('images', '-q', '--filter', 'label=io.cycle.emulator.content', 'cycle-emulator/job');
  const described = await docker('inspect', '--format', '{{.Id}} {{.Config.Cmd}}', ...built.split('\n'));
  const own = described.split('\n').filter((line) => line.endsWith(`of ${process.pid}]`));
  await docker('rmi', '--force', ...own.map((line) => line.split(' ')[0] ?? ''));
});
