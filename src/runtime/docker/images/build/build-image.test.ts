import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { baseImage } from '../../../../../scripts/bare-machine/base-image.ts';
import { type DockerSession, startDockerSession } from '../../../../../test/support/runtime/docker-session.ts';
import { ignoreStatus } from '../../engine/docker-errors.ts';
import { labels } from '../../engine/labels.ts';
import { pruneImages } from '../built-images.ts';
import { type BuildOptions, buildImage } from './build-image.ts';
import { type Builder, findBuilder } from './builder.ts';

let session: DockerSession;
let builder: Builder;
let folder = '';
const made = new Set<string>();
const tag = `cycle-emulator/build-test-${process.pid}`;
/** Of this file alone: an image takes its layers along when it is removed, also those that another build begins with. */
const env = `ENV BUILD_${process.pid}`;

beforeAll(async () => {
  session = await startDockerSession();
  builder = await findBuilder(session.connection);
  folder = mkdtempSync(join(tmpdir(), 'cycle-build-'));
});
afterAll(async () => {
  // An image store of containerd's drops by itself what has lost its name.
  for (const image of made) {
    await session.connection.docker.getImage(image).remove({ force: true }).catch(ignoreStatus(404));
  }
  await session[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

type Build = { readonly dockerfile: string; readonly files?: Readonly<Record<string, string>> };

/** Builds in a folder of its own and answers the image's ID, and what its build arguments left as variables. */
const build = async ({ dockerfile, files = {} }: Build, options: BuildOptions = { fresh: false }) => {
  const contextDir = mkdtempSync(join(folder, 'context-'));
  for (const [path, content] of Object.entries({ ...files, Dockerfile: dockerfile })) {
    writeFileSync(join(contextDir, path), content);
  }
  const source = { type: 'dockerfile', root: folder, contextDir, dockerfile: join(contextDir, 'Dockerfile') } as const;
  const image = await buildImage(session.connection, { ...source, buildArgs: {}, tag }, options, () => {});
  made.add(image);
  return await session.connection.docker.getImage(image).inspect();
};

const failureOf = async (given: Build, options?: BuildOptions): Promise<string> =>
  await build(given, options).then(
    () => 'built',
    (error: unknown) => String(error),
  );

/** What each builder makes of a Dockerfile that not every builder knows: an image, or a refusal that says why. */
const builds: readonly (readonly [what: string, Build, Readonly<Record<Builder, RegExp>>])[] = [
  [
    'RUN --mount',
    { dockerfile: `FROM ${baseImage}\nRUN --mount=type=cache,target=/cache true\n` },
    {
      buildkit: /^built$/,
      podman: /^built$/,
      classic: /classic builder does not know RUN --mount\. Use an engine with BuildKit/,
    },
  ],
  [
    'COPY --link',
    { dockerfile: `FROM ${baseImage}\nCOPY --link a /a\n`, files: { a: '' } },
    { buildkit: /^built$/, podman: /this engine is Podman/, classic: /classic builder does not know --link/ },
  ],
  [
    'a heredoc',
    { dockerfile: `FROM ${baseImage}\nRUN <<EOF\necho one > /a\nEOF\n` },
    { buildkit: /^built$/, podman: /^built$/, classic: /classic builder does not know heredocs/ },
  ],
  [
    'FROM --platform=$BUILDPLATFORM',
    { dockerfile: `FROM --platform=$BUILDPLATFORM ${baseImage}\n${env}=1\n` },
    { buildkit: /^built$/, podman: /^built$/, classic: /classic builder does not know \$BUILDPLATFORM/ },
  ],
  [
    'a stage that nothing needs and that cannot be built',
    { dockerfile: `FROM ${baseImage} AS unused\nCOPY nope /nope\nFROM ${baseImage}\n${env}=1\n` },
    {
      buildkit: /^built$/,
      podman: /^built$/,
      classic: /Dockerfile in all its stages: the classic builder builds unused stages, too/,
    },
  ],
  [
    'a frontend that no registry gives',
    { dockerfile: `# syntax=localhost:1/frontend\nFROM ${baseImage}\n${env}=2\n` },
    {
      buildkit: /The line "# syntax=localhost:1\/frontend" asks for a frontend image/,
      podman: /^built$/,
      classic: /^built$/,
    },
  ],
];

test.each(builds)('%s is built, or refused with the reason', async (_what, given, expected) => {
  expect(await failureOf(given)).toMatch(expected[builder]);
});

test('the platform arguments that a Dockerfile declares have values with every builder', async () => {
  const dockerfile = `FROM ${baseImage}\nARG TARGETARCH\nARG TARGETPLATFORM\nENV IS=$TARGETARCH,$TARGETPLATFORM\n`;
  const { Config, Os, Architecture } = await build({ dockerfile });
  expect(Config.Env).toContain(`IS=${Architecture},${Os}/${Architecture}`);
});

test('a file of the context that cannot be sent fails the build with its own message', async () => {
  const name = Buffer.concat([Buffer.from(`${folder}/x`), Buffer.from([0xff])]);
  writeFileSync(name, '');
  writeFileSync(join(folder, 'Dockerfile'), `FROM ${baseImage}\nCOPY . /c\n`);
  const source = {
    type: 'dockerfile',
    root: folder,
    contextDir: folder,
    dockerfile: join(folder, 'Dockerfile'),
  } as const;
  const building = buildImage(session.connection, { ...source, buildArgs: {}, tag }, { fresh: false }, () => {});
  await expect(building).rejects.toThrow(/: the name of "x\uFFFD" in .* is not UTF-8, .*\. Rename it/);
  rmSync(name);
});

test('a build that fails or is cancelled leaves nothing that keeps its process alive', async () => {
  const contextDir = mkdtempSync(join(folder, 'context-'));
  writeFileSync(join(contextDir, 'failing'), 'FROM\n');
  writeFileSync(join(contextDir, 'slow'), `FROM ${baseImage}\nRUN sleep 120; echo ${session.id}\n`);
  const at = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  const script = `
    const { connectDocker } = await import(${at('../../engine/connection.ts')});
    const { buildImage } = await import(${at('./build-image.ts')});
    const connection = await connectDocker();
    const contextDir = ${JSON.stringify(contextDir)};
    for (const name of ['failing', 'slow']) {
      const source = { type: 'dockerfile', root: contextDir, contextDir, dockerfile: contextDir + '/' + name, buildArgs: {}, tag: ${JSON.stringify(tag)} };
      await buildImage(connection, source, { fresh: false, signal: AbortSignal.timeout(1_000) }, () => {}).catch(() => console.log(name));
    }`;
  const ended = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { timeout: 60_000 });
  expect(ended.stdout).toBe('failing\nslow\n');
}, 90_000);

test('an image that was built goes with the prune of images once no container uses it', async () => {
  const { Id, Config } = await build({ dockerfile: `FROM ${baseImage}\nLABEL for=prune-${process.pid}\n` });
  const { docker } = session.connection;
  const label = `${labels.content}=${Config.Labels?.[labels.content]}`;
  const named = [expect.stringContaining(tag)];
  const container = await docker.createContainer({ Image: Id, Cmd: ['true'] });
  const name = (await container.inspect()).Name.slice(1);
  expect(await pruneImages({ label })).toEqual({ removed: [], used: named, failed: [] });
  expect(await pruneImages({ label, dryRun: true, without: [name] })).toEqual({ removed: named, used: [], failed: [] });
  await container.remove();
  const other = `others-${process.pid}:upon-it`;
  await docker.getImage(Id).tag({ repo: other.replace(/:.*/, ''), tag: 'upon-it' });
  expect(await pruneImages({ label })).toEqual({ removed: named, used: [], failed: [] });
  expect(await pruneImages({ label })).toEqual({ removed: [], used: [], failed: [] });
  await docker.getImage(other).remove();
  await expect(docker.getImage(Id).inspect()).rejects.toMatchObject({ statusCode: 404 });
});
