import { mkdir, mkdtempDisposable, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EmulatorError, errorCodes } from '../errors.ts';
import { loadStack } from './load-stack.ts';
import { sample } from './testing/sample.ts';

const makeDirectory = () => mkdtempDisposable(join(tmpdir(), 'stack-'));

const failure = async (path: string): Promise<string> => {
  const error: unknown = await loadStack(path).catch((thrown: unknown) => thrown);
  if (!(error instanceof EmulatorError)) throw error;
  expect(error.code).toBe(errorCodes.stackInvalid);
  return error.message;
};

describe('loadStack', () => {
  it('reads YAML and JSON by their content, whatever the file is called', async () => {
    await using directory = await makeDirectory();
    for (const name of ['stack.yaml', 'stack.json', 'stack']) {
      const path = join(directory.path, name);
      await writeFile(path, `\uFEFF${JSON.stringify(sample())}`);
      const stack = await loadStack(relative(process.cwd(), path));
      expect(stack).toMatchObject({ source: path, functions: [{ identifier: 'job' }], warnings: [] });
    }
  });

  it('finds build contexts beside the file, also through links', async () => {
    await using directory = await makeDirectory();
    const path = join(directory.path, 'stack.json');
    await mkdir(join(directory.path, 'real'));
    await symlink('real', join(directory.path, 'job'));
    await writeFile(join(directory.path, 'real', 'Dockerfile'), 'FROM scratch');
    const origin = { type: 'docker-file', details: { context_dir: 'job' } };
    await writeFile(path, JSON.stringify(sample({ '.image.origin': origin })));
    const stack = await loadStack(path);
    expect(stack.functions[0]?.image).toMatchObject({ contextDir: join(directory.path, 'job') });
  });

  it.each(['\0', 'x'.repeat(5_000), '/dev/null/x'])(
    'takes %.20j for a build context that is not there',
    async (contextDir) => {
      await using directory = await makeDirectory();
      const path = join(directory.path, 'stack.json');
      const origin = { type: 'docker-file', details: { context_dir: contextDir } };
      await writeFile(path, JSON.stringify(sample({ '.image.origin': origin })));
      expect(await failure(path)).toContain('does not exist');
    },
  );

  it('does not read devices, which may never end', async () => {
    expect(await failure('/dev/zero')).toContain('it is no file. Name a stack file.');
  });

  it('tells which build contexts are missing', async () => {
    await using directory = await makeDirectory();
    const path = join(directory.path, 'stack.json');
    const origin = { type: 'docker-file', details: { context_dir: 'job' } };
    await writeFile(path, JSON.stringify(sample({ '.image.origin': origin })));
    expect(await failure(path)).toContain(`expected a directory: ${join(directory.path, 'job')} does not exist`);
  });

  it.each([
    ['is not there', async () => {}, 'there is no such file. Check the path.'],
    ['is a directory', (path: string) => mkdir(path), 'it is a directory. Name the stack file in it.'],
    [
      'is no text',
      (path: string) => writeFile(path, new Uint8Array([0x61, 0xff, 0xfe])),
      'it is not UTF-8 text. Save it as UTF-8.',
    ],
    [
      'is huge',
      (path: string) => writeFile(path, ' '.repeat(1024 * 1024 + 1)),
      'it is larger than 1048576 bytes. Name a stack file.',
    ],
  ])('tells of a file that %s', async (_, make, reason) => {
    await using directory = await makeDirectory();
    const path = join(directory.path, 'stack.yaml');
    await make(path);
    expect(await failure(path)).toBe(`Failed to read the stack ${path}: ${reason}`);
  });

  it.each([
    ['', 'the file is empty, expected a stack with version and containers'],
    ['# later', 'the file is empty, expected a stack with version and containers'],
    ['just words', 'got "just words", expected a stack: an object with version and containers'],
  ])('tells of a file that says %j', async (text, problem) => {
    await using directory = await makeDirectory();
    const path = join(directory.path, 'stack.yaml');
    await writeFile(path, text);
    expect(await failure(path)).toContain(problem);
  });
});
