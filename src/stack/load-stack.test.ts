import { execFileSync } from 'node:child_process';
import { mkdir, mkdtempDisposable, open, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sample } from '../../test/support/stack/sample.ts';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
import { loadStack } from './load-stack.ts';

const makeDirectory = () => mkdtempDisposable(join(tmpdir(), 'stack-'));

const failure = async (path: string): Promise<string> => {
  const error: unknown = await loadStack(path).catch((thrown: unknown) => thrown);
  if (!(error instanceof EmulatorError)) throw error;
  expect(error.code).toBe(errorCodes.stackInvalid);
  return error.message;
};

/** A stack file of one function with this Dockerfile origin; answers its path. */
const writeStack = async (folder: string, details: object): Promise<string> => {
  const path = join(folder, 'stack.json');
  await writeFile(path, JSON.stringify(sample({ '.image.origin': { type: 'docker-file', details } })));
  return path;
};

describe('loadStack', () => {
  it('reads YAML and JSON by their content, under any file name', async () => {
    await using directory = await makeDirectory();
    for (const name of ['stack.yaml', 'stack.json', 'stack']) {
      const path = join(directory.path, name);
      await writeFile(path, `\uFEFF${JSON.stringify(sample())}`);
      const stack = await loadStack(relative(process.cwd(), path));
      expect(stack).toMatchObject({ source: path, functions: [{ identifier: 'job' }], warnings: [] });
    }
  });

  it('finds build contexts beside the file, through links that stay below it', async () => {
    await using directory = await makeDirectory();
    const path = await writeStack(directory.path, { context_dir: '/job', build_file: 'file' });
    await mkdir(join(directory.path, 'real'));
    await symlink('real', join(directory.path, 'job'));
    await symlink('real/Dockerfile', join(directory.path, 'file'));
    await writeFile(join(directory.path, 'real', 'Dockerfile'), 'FROM scratch');
    const { functions } = await loadStack(path);
    const real = join(directory.path, 'real');
    expect(functions[0]?.image).toMatchObject({ contextDir: real, dockerfile: join(real, 'Dockerfile') });
  });

  it.each([
    ['a folder', { context_dir: '/out', build_file: '/in/Dockerfile' }, 'context_dir: got "/out"', 'out'],
    ['a folder on the way', { context_dir: '/out/deep', build_file: '/in/Dockerfile' }, 'context_dir', 'out/deep'],
    ['a Dockerfile', { context_dir: '/in', build_file: '/out/Dockerfile' }, 'build_file', 'out/Dockerfile'],
  ])('reads nothing outside the root where a link to %s leads there', async (_what, details, field, place) => {
    await using outside = await makeDirectory();
    await mkdir(join(outside.path, 'deep'));
    await writeFile(join(outside.path, 'Dockerfile'), 'FROM scratch');
    await using directory = await makeDirectory();
    await mkdir(join(directory.path, 'in'));
    await writeFile(join(directory.path, 'in', 'Dockerfile'), 'FROM scratch');
    await symlink(outside.path, join(directory.path, 'out'));
    const message = await failure(await writeStack(directory.path, details));
    expect(message).toContain(field);
    expect(message).toContain(`${join(directory.path, place)} leads to ${outside.path}`);
    expect(message).toContain('outside the root');
  });

  it('starts paths at the root of its option', async () => {
    await using directory = await makeDirectory();
    await mkdir(join(directory.path, 'deploy'));
    await writeFile(join(directory.path, 'Dockerfile'), 'FROM scratch');
    const path = await writeStack(join(directory.path, 'deploy'), { context_dir: '/' });
    expect(await failure(path)).toContain(`${join(directory.path, 'deploy', 'Dockerfile')} does not exist`);
    const { functions } = await loadStack(path, { root: relative(process.cwd(), directory.path) });
    expect(functions[0]?.image).toMatchObject({
      contextDir: directory.path,
      dockerfile: join(directory.path, 'Dockerfile'),
    });
  });

  it.each([
    ['', 'it is empty'],
    ['/nowhere', '/nowhere does not exist'],
    ['/dev/null', '/dev/null is not a directory'],
  ])('refuses the root %j', async (root, reason) => {
    await expect(loadStack('stack.yaml', { root })).rejects.toMatchObject({
      code: errorCodes.badOption,
      message: `Failed to use the root "${root}": ${reason}. Name the folder that the stack's paths start at.`,
    });
  });

  it.each(['\0', 'x'.repeat(5_000), '/stack.json/x'])(
    'takes %.20j for a build context that is not there',
    async (contextDir) => {
      await using directory = await makeDirectory();
      expect(await failure(await writeStack(directory.path, { context_dir: contextDir }))).toContain('does not exist');
    },
  );

  it('says of a build context that is a link to itself that it leads nowhere', async () => {
    await using directory = await makeDirectory();
    await symlink('loop', join(directory.path, 'loop'));
    const said = await failure(await writeStack(directory.path, { context_dir: '/loop' }));
    expect(said).toContain(`expected a directory: ${join(directory.path, 'loop')} is a link that leads nowhere`);
  });

  it('does not read devices, which may never end', async () => {
    expect(await failure('/dev/zero')).toContain('it is not a file. Check the path.');
  });

  it('reads a pipe', async () => {
    await using directory = await makeDirectory();
    const path = join(directory.path, 'pipe');
    execFileSync('mkfifo', [path]);
    const loading = loadStack(path);
    await writeFile(path, JSON.stringify(sample()));
    await expect(loading).resolves.toMatchObject({ functions: [{ identifier: 'job' }] });
  });

  it('reads no more of a pipe than a stack can have', async () => {
    await using directory = await makeDirectory();
    const path = join(directory.path, 'pipe');
    execFileSync('mkfifo', [path]);
    const failed = failure(path);
    // The writer's pipe breaks as soon as enough is read.
    await expect(writeFile(path, Buffer.alloc(4 * 1024 * 1024, ' '))).rejects.toMatchObject({ code: 'EPIPE' });
    expect(await failed).toBe(`Failed to read the stack ${path}: it is larger than 1048576 bytes. Check the path.`);
  });

  it.each(['without a writer', 'with a writer that is silent'])(
    'waits for a pipe %s until its signal',
    async (what) => {
      await using directory = await makeDirectory();
      const path = join(directory.path, 'pipe');
      execFileSync('mkfifo', [path]);
      const aborter = new AbortController();
      const loading = loadStack('unread', { variablesFile: path, signal: aborter.signal });
      const writer = what === 'without a writer' ? null : await open(path, 'w');
      aborter.abort(new Error('enough'));
      await expect(loading).rejects.toThrow('enough');
      await writer?.close();
    },
  );

  it('names the build contexts that are missing', async () => {
    await using directory = await makeDirectory();
    const path = await writeStack(directory.path, { context_dir: 'job' });
    expect(await failure(path)).toContain(`expected a directory: ${join(directory.path, 'job')} does not exist`);
  });

  it.each([
    ['is not there', async () => {}, 'there is no such file. Check the path.'],
    ['is a directory', (path: string) => mkdir(path), 'it is a directory. Name the file in it.'],
    [
      'is no text',
      (path: string) => writeFile(path, new Uint8Array([0x61, 0xff, 0xfe])),
      'it is not UTF-8 text. Save it as UTF-8.',
    ],
    [
      'is huge',
      (path: string) => writeFile(path, ' '.repeat(1024 * 1024 + 1)),
      'it is larger than 1048576 bytes. Check the path.',
    ],
  ])('refuses a file that %s', async (_, make, reason) => {
    await using directory = await makeDirectory();
    const path = join(directory.path, 'stack.yaml');
    await make(path);
    expect(await failure(path)).toBe(`Failed to read the stack ${path}: ${reason}`);
  });

  it.each([
    ['', 'the file is empty, expected a stack with version and containers'],
    ['# later', 'the file is empty, expected a stack with version and containers'],
    ['just words', 'got "just words", expected a stack: an object with version and containers'],
  ])('refuses a file that says %j', async (text, problem) => {
    await using directory = await makeDirectory();
    const path = join(directory.path, 'stack.yaml');
    await writeFile(path, text);
    expect(await failure(path)).toContain(problem);
  });
});
