import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempDisposableSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { baseImage } from '../../scripts/bare-machine/base-image.ts';
import { startEmulator } from '../../src/emulator/start-emulator.ts';
import { loadStack } from '../../src/stack/load-stack.ts';
import { docker } from '../support/docker-cli.ts';
import { problemsOf } from '../support/stack/sample.ts';

// How public stack files build their containers from a Dockerfile, each as small as it can be.

const from = `FROM ${baseImage}\n`;
const copyAndShow = `${from}COPY a.txt /\nCMD ["cat", "/a.txt"]\n`;

/** A repository that has a folder, or a file, for each of the shapes. */
const files: Readonly<Record<string, string>> = {
  Dockerfile: copyAndShow,
  'a.txt': 'root',
  'Dockerfile.prod': `${from}CMD ["echo", "prod"]\n`,
  'app/Dockerfile': copyAndShow,
  'app/a.txt': 'app',
  'app/app/Dockerfile': `${from}CMD ["echo", "the older reading"]\n`,
  'api/src/a.txt': 'api',
  'docker/api.Dockerfile': copyAndShow,
  'stages/Dockerfile': `${from.replace('\n', ' AS make\n')}COPY a.txt /made\n${from}COPY --from=make /made /\nCMD ["cat", "/made"]\n`,
  'stages/a.txt': 'stages',
  'args/Dockerfile': `${from}ARG WORD\nENV WORD=$WORD\nCMD ["sh", "-c", "echo $WORD"]\n`,
  'entry/Dockerfile': `${from}ENTRYPOINT ["echo"]\nCMD ["entry"]\n`,
  'entry/a.sh': '#!/bin/sh\necho entry "$@"\n',
  'script/Dockerfile': `${from}WORKDIR /srv\nCOPY run.sh .\nUSER 65534:65534\nCMD ["./run.sh"]\n`,
  'script/run.sh': '#!/bin/sh\necho "script $(pwd) $(id -u)"\n',
  'ignored/Dockerfile': `${from}COPY . /srv\nCMD ["ls", "/srv"]\n`,
  'ignored/.dockerignore': 'node_modules\n.git\nDockerfile\n.dockerignore\n*.md\n!README.md\n',
  'ignored/README.md': '',
  'ignored/NOTES.md': '',
  'ignored/node_modules/x/index.js': '',
  'monorepo/packages/one/index.txt': 'one',
  'monorepo/packages/two/index.txt': 'two',
  'monorepo/packages/two/Dockerfile': `${from}COPY packages /p\nCMD ["sh", "-c", "cat /p/*/index.txt"]\n`,
};

const openRepository = () => {
  const folder = mkdtempDisposableSync(join(tmpdir(), 'cycle-shapes-'));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder.path, path)), { recursive: true });
    writeFileSync(join(folder.path, path), content, { mode: path.endsWith('.sh') ? 0o755 : 0o644 });
  }
  symlinkSync('app', join(folder.path, 'linked'));
  execFileSync('mkfifo', [join(folder.path, 'app/pipe')]);
  return folder;
};

type Shape = {
  readonly details: object;
  readonly build?: object;
  readonly runtime?: object;
  readonly prints: string;
};

const shapes: Readonly<Record<string, Shape>> = {
  'the-root': { details: { context_dir: '/', build_file: '/Dockerfile' }, prints: 'root' },
  'without-a-build-file': { details: { context_dir: '/' }, prints: 'root' },
  'a-folder': { details: { context_dir: '/app', build_file: '/app/Dockerfile' }, prints: 'app' },
  'a-link': { details: { context_dir: '/linked', build_file: '/linked/Dockerfile' }, prints: 'app' },
  'another-name': { details: { context_dir: '/', build_file: '/Dockerfile.prod' }, prints: 'prod\n' },
  'a-file-beside': { details: { context_dir: '/api/src', build_file: '/docker/api.Dockerfile' }, prints: 'api' },
  stages: { details: { context_dir: '/stages', build_file: '/stages/Dockerfile' }, prints: 'stages' },
  arguments: {
    details: { context_dir: '/args', build_file: '/args/Dockerfile' },
    build: { args: { WORD: 'given' } },
    prints: 'given\n',
  },
  'an-entrypoint': { details: { context_dir: '/entry', build_file: '/entry/Dockerfile' }, prints: 'entry\n' },
  'a-command-of-the-stack': {
    details: { context_dir: '/', build_file: '/Dockerfile' },
    runtime: { command: { path: '/bin/echo', args: 'of the stack' } },
    prints: 'of the stack\n',
  },
  'a-script-and-a-user': {
    details: { context_dir: '/script', build_file: '/script/Dockerfile' },
    prints: 'script /srv 65534\n',
  },
  ignored: { details: { context_dir: '/ignored', build_file: '/ignored/Dockerfile' }, prints: 'README.md\n' },
  'a-monorepo': {
    details: { context_dir: '/monorepo', build_file: '/monorepo/packages/two/Dockerfile' },
    prints: 'onetwo',
  },
  'a-repository': {
    details: {
      repo: { url: 'https://git.example/a.git', branch: 'main' },
      context_dir: '/',
      build_file: '/Dockerfile',
    },
    prints: 'root',
  },
};

const toStack = (shapesByName: Readonly<Record<string, Omit<Shape, 'prints'>>>): object => ({
  version: '1.0',
  about: { version: '1.0.0', description: 'How public stacks build.' },
  containers: Object.fromEntries(
    Object.entries(shapesByName).map(([name, { details, build, runtime = {} }]) => [
      name,
      {
        name,
        image: { name, ...(build === undefined ? {} : { build }), origin: { type: 'docker-file', details } },
        stateful: false,
        config: {
          network: { public: 'disable', hostname: name },
          deploy: { instances: 1, strategy: 'function', function: { max_runtime: '1m' } },
          runtime,
        },
      },
    ]),
  ),
  services: {
    scheduler: { config: { public: false, access_keys: [{ name: 'a', secret: 'sample-secret', ips: [] }] } },
  },
});

const writeStack = (folder: string, stack: object): string => {
  const path = join(folder, 'cycle.json');
  writeFileSync(path, JSON.stringify(stack));
  return path;
};

const removeBuilt = async (): Promise<void> => {
  const tags = (await docker('images', '--format', '{{.Repository}}:{{.Tag}}')).split('\n');
  const names = Object.keys(shapes).map((name) => `cycle-emulator/${name}:`);
  const built = tags.filter((tag) => names.some((name) => tag.replace(/^localhost\//, '').startsWith(name)));
  if (built.length > 0) await docker('rmi', '--force', ...built);
};

test('functions of every shape are built from their Dockerfiles, start and run', async () => {
  onTestFinished(removeBuilt);
  using folder = openRepository();
  const stack = writeStack(folder.path, toStack(shapes));
  await using emulator = await startEmulator({ stack, logger: { info: () => {}, warn: () => {}, error: () => {} } });
  const printed = await Promise.all(
    Object.keys(shapes).map(async (name) => [name, (await emulator.invoke(name)).logs.text] as const),
  );
  expect(Object.fromEntries(printed)).toEqual(
    Object.fromEntries(Object.entries(shapes).map(([name, { prints }]) => [name, prints])),
  );
});

describe('a shape that cannot be built here', () => {
  test.each([
    [
      'an existing source of the platform',
      { existing: { source_id: '65a0000000000000000000a1' } },
      'existing names an image source',
    ],
    ['no context', { build_file: '/Dockerfile' }, 'context_dir: missing, expected the directory to build in'],
    [
      'the spelling of older stacks',
      { context_dir: 'api', build_file: 'src/a.txt' },
      'write build_file: "/api/src/a.txt"',
    ],
    ['a folder that is not there', { context_dir: '/nope' }, 'context_dir: got "/nope", expected a directory'],
    ['what lies outside the root', { context_dir: '/../..' }, 'expected a directory below the root'],
    ['a pipe for a Dockerfile', { context_dir: '/app', build_file: '/app/pipe' }, 'is neither a file nor a directory'],
  ])('is a problem at its place: %s', async (_what, details, said) => {
    using folder = openRepository();
    const path = writeStack(folder.path, toStack({ job: { details } }));
    const error = await loadStack(path).catch((problem: unknown) => problem);
    const lines = problemsOf(() => {
      throw error;
    });
    expect(lines).toEqual([expect.stringContaining(said)]);
    expect(lines[0]).toContain(`${path}:1:`);
  });
});
