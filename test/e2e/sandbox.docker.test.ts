import { expect, it } from 'vitest';
import { startEmulator } from '../../src/emulator/start-emulator.ts';
import { nextEvent } from '../support/caller.ts';
import { docker } from '../support/docker-cli.ts';
import { canBeWarm } from '../support/runtime/docker-session.ts';
import { type SampleFunction, sampleStack } from '../support/sample-stack.ts';

/** Answers requests with what it has of its network, looks a name up, and stops while connections to it are open. */
const server =
  'mkdir /web; cat /etc/hosts > /web/index.html; nslookup env-scheduler >/dev/null; exec httpd -f -p 8080 -h /web';

/** Podman writes a container's own name, which has a number, into its hosts file. */
const withoutName = (hosts: string): string => hosts.replaceAll(/ cycle-\S+/g, '');

const web: SampleFunction = {
  script: server,
  instances: 1,
  limits: { max_pool_size: 1 },
  network: { public: 'enable', ports: ['80:8080'] },
  shutdown: { graceful_timeout: '0s' },
};

it.each([
  ['warm', { warm: 1 }],
  ['hot', { warm: 1, hot: 1 }],
])('an HTTP function and its callers keep the network of an instance that is %s from run to run', async (_, mode) => {
  await using emulator = await startEmulator({ stack: sampleStack({ web }), pull: 'never', ...mode });
  const sandboxes = async (): Promise<string> => {
    const filters = ['io.cycle.emulator.sandbox', `io.cycle.emulator.session=${emulator.session}`];
    return await docker('ps', '-q', ...filters.flatMap((label) => ['--filter', `label=${label}`]));
  };
  if (await canBeWarm()) await expect.poll(sandboxes).toMatch(/^\w+$/);
  const sandbox = await sandboxes();
  const answers = new Set<string>();
  for (let times = 0; times < 4; times += 1) {
    const available = nextEvent(emulator, 'instance.available');
    const response = await emulator.fetch('web');
    expect(response.status).toBe(200);
    answers.add(withoutName(await response.text()));
    await available;
  }
  expect(answers.size).toBe(1);
  expect(await sandboxes()).toBe(sandbox);
});
