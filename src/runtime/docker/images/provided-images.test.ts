import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { baseImage } from '../../../../scripts/bare-machine/base-image.ts';
import { startDockerSession } from '../../../../test/support/runtime/docker-session.ts';

test.each([
  ['cold', false],
  ['hot', true],
])('an image that was removed is built again, once for all %s containers that need it', async (_what, hot) => {
  await using session = await startDockerSession();
  const { runtime, connection } = session;
  const contextDir = mkdtempSync(join(tmpdir(), 'cycle-provided-'));
  // Unlike any other test's, so that no other test's containers are of this image.
  writeFileSync(join(contextDir, 'Dockerfile'), `FROM ${baseImage}\nENV ONLY_HERE=${session.id}\n`);
  const tag = `cycle-emulator-test/${session.id}`;
  const dockerfile = join(contextDir, 'Dockerfile');
  const source = { type: 'dockerfile', root: contextDir, contextDir, dockerfile, buildArgs: {}, tag } as const;
  let builds = 0;
  const image = await runtime.prepareImage(source, 'missing', ({ step }) => {
    if (step === 'ready') builds += 1;
  });
  await connection.docker.getImage(image).remove({ force: true });

  const containers = await Promise.all(
    [1, 2, 3].map((host) => runtime.prepare(session.spec({ host, image }), { hot })),
  );
  expect(containers.map((container) => container.readiness)).toEqual(containers.map(() => (hot ? 'hot' : 'cold')));
  expect(builds).toBe(2);
  const [container] = containers;
  const { Config } = await session.inspect(container?.dockerId ?? '');
  expect(Config.Env).toContain(`ONLY_HERE=${session.id}`);

  await runtime[Symbol.asyncDispose]();
  await connection.docker.getImage(tag).remove({ force: true });
  rmSync(contextDir, { recursive: true });
});
