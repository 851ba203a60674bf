import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { baseImage } from '../../../../scripts/bare-machine/base-image.ts';
import { type DockerSession, startDockerSession } from '../../../../test/support/runtime/docker-session.ts';
import { errorCodes } from '../../../shared/errors.ts';
import type { ImageProgress, ImageSource, PullPolicy } from '../../port.ts';
import { ignoreStatus } from '../engine/docker-errors.ts';
import type { BuildSource } from './build/load-context.ts';

let session: DockerSession;
let contextDir = '';
const tag = `cycle-emulator-test/images-${process.pid}`;
/** Of this file alone: an image takes its layers along when it is removed, also those that another build begins with. */
const env = `ENV IMAGES_${process.pid}`;

beforeAll(async () => {
  session = await startDockerSession();
  contextDir = mkdtempSync(join(tmpdir(), 'cycle-build-'));
});
afterAll(async () => {
  // An image store of containerd's drops by itself what has lost its name.
  for (const image of made) {
    await session.connection.docker.getImage(image).remove({ force: true }).catch(ignoreStatus(404));
  }
  await session[Symbol.asyncDispose]();
  rmSync(contextDir, { recursive: true });
});

/** IDs of what was built: the name leaves one image for the next. */
const made = new Set<string>();

const toSource = (dockerfile: string, buildArgs = {}): BuildSource => ({
  type: 'dockerfile',
  root: contextDir,
  contextDir,
  dockerfile: join(contextDir, dockerfile),
  buildArgs,
  tag,
});

const built = (dockerfile: string, buildArgs = {}): ImageSource => {
  writeFileSync(join(contextDir, 'Dockerfile'), dockerfile);
  return toSource('Dockerfile', buildArgs);
};

const prepare = async (source: ImageSource, policy: PullPolicy = 'missing') => {
  const progress: ImageProgress[] = [];
  const image = await session.runtime.prepareImage(source, policy, (step) => progress.push(step));
  if (source.type === 'dockerfile') made.add(image);
  return { image, progress };
};

const failureOf = async (source: ImageSource, policy?: PullPolicy): Promise<unknown> =>
  await prepare(source, policy).catch((error: unknown) => error);

test('an image is built with its arguments, step by step, and answered by its ID', async () => {
  // A step that no build before has done: others are not shown.
  const steps = `ARG BASE\nFROM $BASE\nARG WORD=none\nENV WORD=$WORD\nRUN echo images-${process.pid}\n`;
  const source = built(steps, { BASE: baseImage, WORD: 'given' });
  const { image, progress } = await prepare(source);
  const info = await session.connection.docker.getImage(tag).inspect();
  expect(image).toBe(info.Id);
  expect(info.Config.Env).toContain('WORD=given');
  const fractions = progress.map(({ fraction }) => fraction ?? 0);
  expect(fractions).toEqual([...fractions].sort((one, other) => one - other));
  expect(fractions.at(-1)).toBe(1);
  expect(progress.map(({ step }) => step).join('\n')).toMatch(/FROM \S*(busybox|\$BASE)/);
});

test('the policy "never" takes an image of the same content under any name', async () => {
  const { image } = await prepare(built(`FROM ${baseImage}\n${env}=1\n`));
  const another = { ...toSource('Dockerfile'), tag: 'cycle-emulator-test/another' };
  expect((await prepare(another, 'never')).image).toBe(image);
});

test('the policy "never" refuses an image of other content under the same name', async () => {
  await prepare(built(`FROM ${baseImage}\n${env}=1\n`));
  expect(await failureOf(built(`FROM ${baseImage}\n${env}=2\n`), 'never')).toMatchObject({
    code: errorCodes.imageUnavailable,
    message: `Failed to find an image built from ${join(contextDir, 'Dockerfile')} in ${contextDir}: the Docker engine has none with exactly this content, and the pull policy "never" builds nothing. Start once with the pull policy "missing", which builds it and fetches only what is missing.`,
  });
});

test('a failed build names its step and its last output', async () => {
  const failing = built(`FROM ${baseImage}\n${env}=1\nRUN echo first; echo the last words; exit 3\n`);
  expect(await failureOf(failing)).toMatchObject({
    code: errorCodes.imageUnavailable,
    message: expect.stringMatching(
      /^Failed to build image \S+ at (step|\[).*RUN echo first; .*: .* \(last output: .*first \| the last words.*\)\. Correct \S+Dockerfile\.$/i,
    ),
  });
});

test('a missing Dockerfile is named', async () => {
  expect(await failureOf(toSource('Nofile'))).toMatchObject({
    message: expect.stringMatching(/^Failed to build image \S+: ENOENT: .*Nofile'\. Check context_dir and build_file/),
  });
});

test('a missing image is named under the policy "never"', async () => {
  const source: ImageSource = { type: 'registry', reference: 'cycle-emulator-test/nowhere', credentials: null };
  expect(await failureOf(source, 'never')).toMatchObject({
    code: errorCodes.imageUnavailable,
    message:
      'Failed to find image cycle-emulator-test/nowhere:latest: it is not in the Docker engine, and the pull policy is "never". Run `docker pull cycle-emulator-test/nowhere:latest`, or start with the pull policy "missing".',
  });
});

test('an unreachable registry is named without a password', async () => {
  const source: ImageSource = {
    type: 'registry',
    reference: 'localhost:1/app',
    credentials: { username: 'me', password: 'connection' },
  };
  const failure = await failureOf(source);
  expect(failure).toMatchObject({
    code: errorCodes.imageUnavailable,
    message: expect.stringMatching(/^Failed to pull image localhost:1\/app:latest: .*refused.*\. Check the network/),
  });
  expect(String(failure)).not.toContain('connection');
});

test('an unreachable registry of a base image is named', async () => {
  expect(await failureOf(built('FROM localhost:1/app\n'))).toMatchObject({
    message: expect.stringMatching(
      /^Failed to build image \S+ at .*localhost:1\/app.*: .*refused.*\. The base image is not in/,
    ),
  });
});
