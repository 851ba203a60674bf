import { expect, test } from 'vitest';
import { type DockerSession, startDockerSession } from '../../../test/support/runtime/docker-session.ts';
import { sh } from '../../../test/support/runtime/sample-container.ts';
import type { OutputChunk } from '../port.ts';

const printed = async (output: AsyncIterable<OutputChunk>, wanted: string): Promise<void> => {
  let text = '';
  for await (const { data } of output) {
    text += Buffer.from(data).toString();
    if (text.includes(wanted)) return;
  }
  throw new Error(`the process ended without ${wanted}: ${text}`);
};

const probesOf = async ({ connection, id }: DockerSession) =>
  await connection.docker.listContainers({ filters: { label: [`io.cycle.emulator.session=${id}`], name: ['probe'] } });

test.each([[false], [true]])(
  'a port is seen to listen once its process does, which notices nothing; a hot container: %s',
  async (hot) => {
    await using session = await startDockerSession();
    const { runtime } = session;
    // It takes one connection, and would end with that of a prober.
    const script = 'trap : USR1; echo ready; sleep 1000 & wait $!; exec nc -l -p 8080';
    const spec = session.spec({ command: sh(script), limits: { readOnlyRoot: true } });
    const container = await runtime.prepare(spec, { hot });
    const { output, exited, dockerId } = await container.start(spec.environment);
    await printed(output, 'ready');
    expect(await runtime.listens(spec.ipv4, 8080)).toBe(false);
    await session.connection.docker.getContainer(dockerId).kill({ signal: 'USR1' });
    await expect.poll(() => runtime.listens(spec.ipv4, 8080)).toBe(true);
    for (let times = 0; times < 20; times += 1) expect(await runtime.listens(spec.ipv4, 8080)).toBe(true);
    expect(await runtime.listens(spec.ipv4, 8081)).toBe(false);
    expect(await Promise.race([exited.then(() => 'ended'), 'runs'])).toBe('runs');
    await container.stop({ signals: [], graceMs: 0 });
    expect(await runtime.listens(spec.ipv4, 8080)).toBe(false);
    expect(await probesOf(session)).toHaveLength(1);
  },
);

test('ports of many addresses are probed at a time, each with its own answer', async () => {
  await using session = await startDockerSession();
  const { runtime } = session;
  const spec = session.spec({ command: sh('exec httpd -f -p 8080 -h /etc') });
  const container = await runtime.prepare(spec);
  await container.start(spec.environment);
  await expect.poll(() => runtime.listens(spec.ipv4, 8080)).toBe(true);
  const absent = spec.ipv4.replace(/\d+$/, '250');
  const asked = Array.from({ length: 40 }, (_, index) => index % 4 !== 0);
  const answers = await Promise.all(
    asked.map((isThere, index) => runtime.listens(isThere ? spec.ipv4 : absent, index % 2 === 0 ? 8080 : 8081)),
  );
  expect(answers).toEqual(asked.map((isThere, index) => isThere && index % 2 === 0));
});

test('the probe is made again when it was removed by hand, and nothing of it is left at the end', async () => {
  const session = await startDockerSession();
  {
    await using _ = session;
    const spec = session.spec({ command: sh('sleep 1000') });
    await session.runtime.prepare(spec);
    expect(await session.runtime.listens(spec.ipv4, 8080)).toBe(false);
    const [first] = await probesOf(session);
    await session.connection.docker.getContainer(first?.Id ?? '').remove({ force: true });
    await expect.poll(() => session.runtime.listens(spec.ipv4, 8080)).toBe(false);
    const [second] = await probesOf(session);
    expect(second?.Id).not.toBe(first?.Id);
  }
  await using look = await startDockerSession();
  expect(await look.left(session.id)).toEqual([]);
});
