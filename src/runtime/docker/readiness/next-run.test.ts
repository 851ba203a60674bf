import { expect, test } from 'vitest';
import { canBeWarm, type DockerSession, startDockerSession } from '../../../../test/support/runtime/docker-session.ts';
import { sh } from '../../../../test/support/runtime/sample-container.ts';

/** Prints all that may be left in a network. */
const look = [
  'cat /etc/hosts /etc/resolv.conf /etc/hostname; ls -ln /etc/hosts /etc/resolv.conf /etc/hostname | cut -c 1-40',
  "ip addr | sed 's/^[0-9]*: //; s/@if[0-9]*//; s/qlen.*//; s/link-netnsid.*//; /fe80/,+1 d'; ip route; ip -6 route show default",
  "ip neigh | grep -v FAILED; sed -n 's/.* tw \\([0-9]*\\).*/closed: \\1/p' /proc/net/sockstat",
  'cat /proc/sys/net/netfilter/nf_conntrack_count 2>/dev/null',
].join('; ');

const isWarm = await canBeWarm();

/** Runs a script in an instance that is kept warm; answers what it printed, and the ID of the sandbox it ran in. */
const run = async (session: DockerSession, script: string) => {
  const spec = session.spec({ command: sh('eval "$SCRIPT"'), publishedPorts: [80] });
  const container = await session.runtime.prepare(spec, { warm: true });
  if (isWarm && container.readiness === 'cold') await container.warmed;
  const sandboxes = (await session.list()).filter(({ isSandbox }) => isSandbox);
  const { output } = await container.start({ SCRIPT: script });
  const chunks: Uint8Array[] = [];
  for await (const { data } of output) chunks.push(data);
  await container.remove();
  // Podman writes a container's own name, which has a number, into its hosts file.
  const text = Buffer.concat(chunks)
    .toString()
    .replaceAll(/ cycle-\S+/g, '');
  return { sandbox: sandboxes.map(({ dockerId }) => dockerId).join(), text };
};

const gateway = "$(ip route | sed -n 's/default via \\([^ ]*\\).*/\\1/p')";

test.each([
  ['a server that answered', 'httpd -p 80; wget -qO /dev/null http://127.0.0.1/etc/passwd', true],
  ['names that were looked up', 'nslookup env-scheduler; timeout 3 nslookup example.test', true],
  ['a neighbour that was talked to', `nc -w 1 ${gateway} 9 </dev/null`, true],
  ['a hosts file that was written to', 'echo 10.1.2.3 other >> /etc/hosts', false],
  ['another name server', 'echo nameserver 10.1.2.3 > /etc/resolv.conf', false],
  ['files with other permissions', 'chmod 600 /etc/hosts /etc/hostname', false],
])('the next run of a warm instance sees nothing of %s', async (_, script, stays) => {
  await using session = await startDockerSession();
  const before = await run(session, look);
  const leaving = await run(session, `${script}; exit 0`);
  const after = await run(session, look);
  expect(after.text).toBe(before.text);
  expect(leaving.sandbox).toBe(before.sandbox);
  expect(after.sandbox === before.sandbox).toBe(stays || !isWarm);
});
