import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { linkSync, mkdirSync, mkdtempDisposableSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readTar } from '../../../../../test/support/read-tar.ts';
import { toContextTar } from './context-tar.ts';
import { ContextProblem } from './ignore-rules.ts';
import { loadContext } from './load-context.ts';

type Files = Readonly<Record<string, string>>;

const openFolder = (files: Files) => {
  const folder = mkdtempDisposableSync(join(tmpdir(), 'cycle-context-'));
  for (const [path, content] of Object.entries({ Dockerfile: 'FROM scratch\n', ...files })) {
    mkdirSync(dirname(join(folder.path, path)), { recursive: true });
    writeFileSync(join(folder.path, path), content);
  }
  return folder;
};

const toSource = (root: string, contextDir = root, dockerfile = join(contextDir, 'Dockerfile')) =>
  ({ type: 'dockerfile', root, contextDir, dockerfile, buildArgs: {}, tag: 'x' }) as const;

const packed = async (...at: Parameters<typeof toSource>): Promise<readonly string[]> =>
  await readTar(toContextTar(await loadContext(toSource(...at), 'classic')).stream);

/** Without their times. */
const namesOf = (lines: readonly string[]): readonly (string | undefined)[] => lines.map((line) => line.split(' ')[0]);

test('a context is the whole folder without .dockerignore', async () => {
  using folder = openFolder({ 'a.txt': '', 'deep/er/b.txt': '' });
  mkdirSync(join(folder.path, 'empty'));
  expect(namesOf(await packed(folder.path))).toEqual([
    'Dockerfile',
    'a.txt',
    'deep',
    'deep/er',
    'deep/er/b.txt',
    'empty',
  ]);
});

test('a context keeps the Dockerfile and .dockerignore against all rules', async () => {
  using folder = openFolder({ '.dockerignore': '*\n', 'a.txt': '' });
  expect(namesOf(await packed(folder.path))).toEqual(['.dockerignore', 'Dockerfile']);
});

test('a context follows the rules named after the Dockerfile before the common ones', async () => {
  using folder = openFolder({ 'Dockerfile.dockerignore': 'x\n', '.dockerignore': 'y\n', x: '', y: '' });
  expect(namesOf(await packed(folder.path))).toEqual(['.dockerignore', 'Dockerfile', 'Dockerfile.dockerignore', 'y']);
});

test('a context keeps kinds, permissions, times, hard links and long names', async () => {
  const long = `${'n'.repeat(120)}/${'m'.repeat(200)}/${'é'.repeat(100)}`;
  using folder = openFolder({ 'run.sh': 'echo', [long]: 'long' });
  const at = (name: string): string => join(folder.path, name);
  execFileSync('chmod', ['4750', at('run.sh')]);
  linkSync(at('run.sh'), at('same.sh'));
  symlinkSync('../nowhere', at('link'));
  execFileSync('sh', ['-c', 'umask 177; mkfifo "$1"', 'sh', at('pipe')]);
  utimesSync(at('run.sh'), 1_000_000_000, 1_000_000_000);
  const lines = await packed(folder.path);
  expect(lines).toContain('run.sh file 4750 1000000000 echo');
  expect(lines).toContain('same.sh link 4750 1000000000 run.sh');
  expect(lines.find((line) => line.startsWith('link '))).toMatch(/^link symlink 777 \d+ \.\.\/nowhere$/);
  expect(lines.find((line) => line.startsWith('pipe '))).toMatch(/^pipe fifo 600 \d+ $/);
  expect(lines.find((line) => line.startsWith(long))).toMatch(/ file 644 \d+ long$/);
});

test('a context keeps names with line breaks and links that lead round, and leaves out sockets', async () => {
  using folder = openFolder({ 'a\nb': 'two lines' });
  for (const [name, target] of Object.entries({ one: 'two', two: 'one', self: '.' })) {
    symlinkSync(target, join(folder.path, name));
  }
  await using socket = createServer().listen(join(folder.path, 'socket'));
  await once(socket, 'listening');
  const lines = await packed(folder.path);
  expect(namesOf(lines)).toEqual(['Dockerfile', 'a\nb', 'one', 'self', 'two']);
  expect(lines).toContainEqual(expect.stringMatching(/^a\nb file 644 \d+ two lines$/));
});

test('a Dockerfile from outside the context is added under a name that .dockerignore leaves out', async () => {
  using folder = openFolder({ 'app/a.txt': '', 'app/.dockerignore': 'b\n' });
  const lines = await packed(folder.path, join(folder.path, 'app'), join(folder.path, 'Dockerfile'));
  const name = lines.map((line) => line.split(' ')[0]).find((each) => each?.startsWith('.dockerfile.'));
  expect(lines).toContain(`${name} file 644 0 FROM scratch\n`);
  expect(lines).toContain(`.dockerignore file 644 0 b\n\n${name}\n`);
  expect(lines).toHaveLength(3);
});

test('a context folder may be a link, and nothing leads outside the root', async () => {
  using outside = openFolder({ secret: '' });
  using folder = openFolder({ 'real/Dockerfile': 'FROM scratch\n', 'real/a': '' });
  symlinkSync('real', join(folder.path, 'inner'));
  symlinkSync(outside.path, join(folder.path, 'outer'));
  symlinkSync(join(outside.path, 'secret'), join(folder.path, 'real/.dockerignore'));
  await expect(packed(folder.path, join(folder.path, 'outer'))).rejects.toThrow(/leads to .* outside the root/);
  await expect(packed(folder.path, join(folder.path, 'inner'))).rejects.toThrow(/\.dockerignore leads to/);
  execFileSync('rm', [join(folder.path, 'real/.dockerignore')]);
  expect(namesOf(await packed(folder.path, join(folder.path, 'inner')))).toEqual(['Dockerfile', 'a']);
});

test('a name that is not UTF-8 is a problem, unless it is left out', async () => {
  using folder = openFolder({ '.dockerignore': '' });
  writeFileSync(Buffer.concat([Buffer.from(`${folder.path}/x`), Buffer.from([0xff]), Buffer.from('.txt')]), '');
  await expect(packed(folder.path)).rejects.toThrow(ContextProblem);
  await expect(packed(folder.path)).rejects.toThrow('the name of "x\uFFFD.txt" in the build context is not UTF-8');
  writeFileSync(join(folder.path, '.dockerignore'), '*.txt');
  expect(namesOf(await packed(folder.path))).toEqual(['.dockerignore', 'Dockerfile']);
});

/** What the docker CLI sends to build a folder; null where it refuses to. */
const openDockerCli = async () => {
  let received: Promise<readonly string[]> = Promise.resolve([]);
  // Without an end to connections that are idle, which one of a busy machine's CLI may be before its next request.
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    response.setHeader('Api-Version', '1.41').setHeader('Content-Type', 'application/json');
    const isBuild = request.url?.includes('/build') === true;
    if (isBuild) received = readTar(request);
    void received.finally(() => response.end(isBuild ? '{"stream":"done"}\n' : '{}'));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const host = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { ...process.env, DOCKER_BUILDKIT: '0', DOCKER_TLS_VERIFY: '', DOCKER_CONTEXT: '', DOCKER_HOST: host };
  return {
    send: async (folder: string): Promise<readonly string[] | null> => {
      const build = promisify(execFile)('docker', ['build', folder], { env });
      const isTaken = await build.then(
        () => true,
        (error: { readonly stderr: string }) => {
          // Any other failure is none of the rules'.
          if (!error.stderr.includes('error checking context')) throw error;
          return false;
        },
      );
      return isTaken ? await received : null;
    },
    [Symbol.dispose]: () => server.close(),
  };
};

const name = fc.constantFrom('a', 'b', 'A', 'ab', '.x', 'a.md', 'README.md', 'c d', 'é', '[z]', 'x+y', 'a**');
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
// Without a bracket that stays open: docker may find its end in what it makes of a star behind it.
const bit = fc.constantFrom(
  ...['a', 'b', 'A', '.x', 'é', 'x+y', 'c d', '*', '**', '?', '.', '..', '*.md', 'a*', '[ab]', '[^a]', '\\[z\\]'],
  ...['*\\d', '\\a', '\\e', 'a*\\'],
);
const rule = fc
  .tuple(
    fc.constantFrom('', '', '!', '/', '!/', '#', ' '),
    fc.array(bit, { minLength: 1, maxLength: 3 }),
    fc.constantFrom('', '', '/', ' ', '\r'),
  )
  .map(([before, bits, after]) => `${before}${bits.join('/')}${after}`);

test('any folder and any rules are sent as the docker CLI sends them', async () => {
  using cli = await openDockerCli();
  const property = fc.asyncProperty(
    fc.array(path, { maxLength: 8 }),
    fc.array(rule, { maxLength: 4 }),
    async (paths, rules) => {
      using folder = openFolder({ '.dockerignore': rules.join('\n') });
      for (const each of paths) {
        try {
          mkdirSync(dirname(join(folder.path, each)), { recursive: true });
          writeFileSync(join(folder.path, each), each, { flag: 'wx' });
        } catch {
          // A folder or a file has the name already.
        }
      }
      const ours = await packed(folder.path).catch((error: unknown) => {
        if (error instanceof ContextProblem) return null;
        throw error;
      });
      expect(ours).toEqual(await cli.send(folder.path));
    },
  );
  await fc.assert(property, { numRuns: 40 });
}, 60_000);

test.each([
  ['a pipe', (path: string) => execFileSync('mkfifo', [path]), 'it is a pipe'],
  ['a directory', (path: string) => mkdirSync(path), 'it is a directory'],
  ['a link to itself', (path: string) => symlinkSync(path, path), 'it is a link that leads back to itself'],
  ['huge', (path: string) => writeFileSync(path, Buffer.alloc(2 ** 20 + 1)), 'it is larger than 1048576 bytes'],
])('rules are not read of a file that is %s', async (_what, make, fault) => {
  for (const name of ['.dockerignore', 'Dockerfile.dockerignore']) {
    using folder = openFolder({});
    const path = join(folder.path, name);
    make(path);
    await expect(loadContext(toSource(folder.path), 'classic')).rejects.toEqual(
      new ContextProblem(`the rules in ${path} cannot be read: ${fault}`, 'Make it a text file, or remove it'),
    );
  }
});

test('a Dockerfile that is too large is not read whole', async () => {
  using folder = openFolder({ Dockerfile: 'x'.repeat(1024 * 1024 + 1) });
  await expect(packed(folder.path)).rejects.toEqual(
    new ContextProblem(
      `the Dockerfile ${join(folder.path, 'Dockerfile')} cannot be read: it is larger than 1048576 bytes`,
      'Name a text file in build_file',
    ),
  );
});

test('a Dockerfile that is a pipe is not waited for', async () => {
  using folder = openFolder({});
  execFileSync('mkfifo', [join(folder.path, 'pipe')]);
  await expect(packed(folder.path, folder.path, join(folder.path, 'pipe'))).rejects.toThrow('it is a pipe');
});
