import { expect, test } from 'vitest';
import { type DockerSession, startDockerSession } from '../../../../test/support/runtime/docker-session.ts';
import { attach } from './container-api.ts';
import { statusOf } from './docker-errors.ts';
import { parseFrames } from './output.ts';

/** The ID of a container whose process reads stdin, made and not started. */
const makeReader = async ({ connection, id, spec }: DockerSession, script: string): Promise<string> => {
  const container = await connection.docker.createContainer({
    name: `cycle-${id}-reader`,
    Image: spec().image,
    Entrypoint: ['/bin/sh', '-c', script],
    Cmd: [],
    OpenStdin: true,
    StdinOnce: true,
    Labels: { 'io.cycle.emulator.session': id },
    HostConfig: { NetworkMode: 'none' },
  });
  return container.id;
};

test('an attached process reads what is written to the connection, and nothing before it', async () => {
  await using session = await startDockerSession();
  const dockerId = await makeReader(session, 'read line; echo "out $line"; echo "err $line" >&2');
  const socket = await attach(session.connection, dockerId, { stdin: true });
  await session.connection.docker.getContainer(dockerId).start();
  socket.write('hello\n');
  const printed = { stdout: '', stderr: '' };
  for await (const { stream, data } of parseFrames(socket)) printed[stream] += Buffer.from(data).toString();
  expect(printed).toEqual({ stdout: 'out hello\n', stderr: 'err hello\n' });
});

test('attaching to a container that is not there is refused with 404', async () => {
  await using session = await startDockerSession();
  const refusal = await attach(session.connection, 'no-such-container').catch((error: unknown) => error);
  expect(statusOf(refusal)).toBe(404);
});
