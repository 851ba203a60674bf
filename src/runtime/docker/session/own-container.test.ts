import { expect, test } from 'vitest';
import { startDockerSession } from '../../../../test/support/runtime/docker-session.ts';
import { isAlive, parseOwnId } from './owner.ts';

const id = 'ab12'.repeat(16);

test.each([
  `612 590 254:1 /var/lib/docker/containers/${id}/hostname /etc/hostname rw,relatime - ext4 /dev/vda1 rw`,
  `97 80 0:24 /containers/overlay-containers/${id}/userdata/hostname /etc/hostname rw - tmpfs tmpfs rw`,
])("an emulator knows its own container by the engine's mount: %s", (line) => {
  expect(parseOwnId(`24 1 0:22 / /proc rw - proc proc rw\n${line}\n`)).toBe(id);
});

test('a machine that mounts something else is not a container', () => {
  expect(parseOwnId('24 1 254:1 /etc/hostname.d/machine /etc/hostname rw - ext4 /dev/vda1 rw')).toBeNull();
});

test("a container's session is over when it has ended, was restarted, or is gone", async () => {
  await using session = await startDockerSession();
  const container = await session.runtime.prepare(session.spec());
  await container.start(container.spec.environment);
  const { Id, State } = await session.inspect(container.dockerId);
  const life = `${Id} ${State.StartedAt}`;
  expect(await isAlive(session.connection, life)).toBe(true);
  expect(await isAlive(session.connection, `${Id} 2020-01-01T00:00:00Z`)).toBe(false);
  await container.stop();
  expect(await isAlive(session.connection, life)).toBe(false);
  await container.remove();
  expect(await isAlive(session.connection, life)).toBe(false);
});
