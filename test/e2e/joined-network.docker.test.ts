import { expect, test } from 'vitest';
import { startEmulator } from '../../src/index.ts';
import { errorCodes } from '../../src/shared/errors.ts';
import { containersWith, docker } from '../support/docker-cli.ts';
import { startOwnDaemon } from '../support/own-daemon.ts';
import { makeSampleNetwork } from '../support/sample-network.ts';
import { accessKey, sampleStack } from '../support/sample-stack.ts';

const serve = (text: string): string => `mkdir /w; echo ${text} >/w/index.html; exec httpd -f -p 8080 -h /w`;

/** Nothing announces that a server listens, so the test asks until it does. */
const expectAnswer = async (container: string, url: string, answer: string): Promise<void> => {
  const ask = () => docker('exec', container, 'wget', '-q', '-O', '-', url).catch(String);
  await expect.poll(ask, { interval: 100, message: url }).toBe(answer);
};

const readAddresses = async (container: string, network: string) => {
  const endpoint = `(index .NetworkSettings.Networks "${network}")`;
  const format = `{{${endpoint}.IPAddress}} {{${endpoint}.GlobalIPv6Address}} {{${endpoint}.MacAddress}}`;
  const [ipv4, ipv6, macAddress] = (await docker('inspect', '--format', format, container)).split(' ');
  return { ipv4, ipv6, macAddress };
};

test('an emulator on an existing network lets a function and a neighbour call each other by name, and at the addresses of the claim', async () => {
  const ipv6Subnet = (prefix: string): string => `fd00:${prefix.replaceAll('.', ':')}::/64`;
  await using network = await makeSampleNetwork((prefix) => ['--ipv6', '--subnet', ipv6Subnet(prefix)]);
  const neighbour = await network.run(serve('the neighbour'));
  await expectAnswer(neighbour, 'http://127.0.0.1:8080', 'the neighbour');
  const script = [
    `wget -q -O - http://${neighbour}:8080`,
    'wget -q -O - $SCHEDULER/_emulator/health/ready | grep -c session',
    serve('the function'),
  ].join('; ');
  await using emulator = await startEmulator({ stack: sampleStack({ web: { script } }), network: network.name });
  const claim = await emulator.claim('web');
  await claim.spawn({ SCHEDULER: emulator.functionsUrl ?? '' });
  const { ipv4, ipv6, macAddress, networkSubnet, ipv4Cidr } = claim.network;

  expect({ networkSubnet, ipv4Cidr }).toEqual({ networkSubnet: `${network.prefix}.0/24`, ipv4Cidr: `${ipv4}/24` });
  const [container = ''] = await containersWith('instance', claim.instanceId);
  expect(await readAddresses(container, network.name)).toEqual({ ipv4, ipv6, macAddress });
  for (const host of ['web-1', ipv4, `[${ipv6}]`]) {
    await expectAnswer(neighbour, `http://${host}:8080`, 'the function');
  }
  expect(emulator.logs(claim.instanceId).text).toBe('the neighbour\n1\n');
});

test('an emulator on an existing network gives emulators on one network addresses of their own, and an instance the same in every run', async () => {
  await using network = await makeSampleNetwork();
  const stack = sampleStack({ job: { script: 'hostname -i', instances: 1, limits: { max_pool_size: 20 } } });
  await using one = await startEmulator({ stack, network: network.name });
  await using other = await startEmulator({ stack, network: network.name });
  const [first, again, others] = [await one.invoke('job'), await one.invoke('job'), await other.invoke('job')];
  expect(again.logs.text).toBe(first.logs.text);
  expect(others.logs.text).not.toBe(first.logs.text);
  expect(first.logs.text.trim()).toBe(one.function('job').instances()[0]?.network.ipv4);
});

test('an emulator on an existing network leaves the network in place, with all that others have on it', async () => {
  await using network = await makeSampleNetwork();
  const neighbour = await network.run('sleep 1000');
  const emulator = await startEmulator({ stack: sampleStack({ job: {} }), network: network.name });
  await emulator.stop();
  expect((await readAddresses(neighbour, network.name)).ipv4).toMatch(network.prefix);
  const left = ['--filter', `label=io.cycle.emulator.session=${emulator.session}`, '--quiet'];
  const kinds = [docker('ps', '--all', ...left), docker('network', 'ls', ...left), docker('volume', 'ls', ...left)];
  expect(await Promise.all(kinds)).toEqual(['', '', '']);
});

test('an emulator joins the network that the stack names, unless an option names another', async () => {
  await using network = await makeSampleNetwork();
  const stack = { ...sampleStack({ job: {} }), network: network.name };
  await using emulator = await startEmulator({ stack });
  expect(emulator.function('job').instances()[0]?.network.networkSubnet).toBe(`${network.prefix}.0/24`);
  await expect(startEmulator({ stack, network: 'no-such-network' })).rejects.toMatchObject({
    code: errorCodes.networkUnavailable,
    message: expect.stringMatching(
      `^Failed to join the network no-such-network: the engine has no network of this name, .*\\b${network.name}\\b`,
    ),
  });
});

test('an emulator on an existing network says what the network lacks, and claims answer nothing of it', async () => {
  await using network = await makeSampleNetwork(() => ['--internal']);
  const warnings: string[] = [];
  const warn = (_fields: object, message: string): number => warnings.push(message);
  const logger = { debug: () => {}, info: () => {}, warn, error: () => {} };
  const stack = sampleStack({ job: {} });
  await using emulator = await startEmulator({ stack, network: network.name, logger });
  const ofNetwork = warnings.filter((warning) => warning.startsWith(`network ${network.name} `));
  expect(ofNetwork.slice(0, 2)).toEqual([
    `network ${network.name} has no IPv6: instances have no IPv6 address, and claim answers none`,
    `network ${network.name} is internal: functions reach nothing outside it, and no port is published`,
  ]);
  const { containerId } = emulator.stack.functions[0] ?? {};
  const response = await fetch(`${emulator.url}/v1/functions/${containerId}/claim`, {
    method: 'POST',
    headers: { 'X-CYCLE-ACCESS-KEY': accessKey, 'content-type': 'application/json' },
    body: JSON.stringify({ token: 'a-token' }),
  });
  expect(((await response.json()) as { data: { environment: object } }).data.environment).toMatchObject({ ipv6: null });
});

test('an emulator on an existing network refuses a network that has fewer addresses than the pools may need, and says how many', async () => {
  await using network = await makeSampleNetwork(() => [], 29);
  await network.run('sleep 1000');
  const stack = sampleStack({ job: { limits: { max_pool_size: 8 } } });
  await expect(startEmulator({ stack, network: network.name })).rejects.toThrow(
    `Failed to join the network ${network.name}: its subnet ${network.prefix}.0/29 has 4 free addresses, and the stack's pools may grow to 8 instances. Lower max_pool_size`,
  );
});

test("an emulator on an existing network refuses the engine's own network", async () => {
  await expect(startEmulator({ stack: sampleStack({ job: {} }), network: 'bridge' })).rejects.toThrow(
    "on the engine's own network containers have no names and no fixed addresses",
  );
});

test('an emulator on an existing network answers spawn with the name of a container that has taken the address, until that is gone', async () => {
  await using network = await makeSampleNetwork();
  const stack = sampleStack({ job: { limits: { max_queue_time: '30s' } } });
  await using emulator = await startEmulator({ stack, network: network.name });
  // The lease waits for the docker CLI, however busy the machine is.
  emulator.clock.freeze();
  const claim = await emulator.claim('job');
  const thief = await network.run('sleep 1000', '--ip', claim.network.ipv4);
  const taken = new RegExp(`its address ${claim.network.ipv4} has been taken by container ${thief}, which is on`);
  await expect(claim.spawn()).rejects.toThrow(taken);
  await docker('rm', '--force', thief);
  emulator.clock.resume();
  const again = await emulator.claim('job');
  expect(again.network).toEqual(claim.network);
  await again.spawn();
});

test('an emulator on an existing network answers spawn with the reason where the network was removed, and goes on when it is back', async () => {
  // Elsewhere another test could take the subnet while the network is away.
  await using daemon = await startOwnDaemon();
  const make = ['network', 'create', '--subnet', '172.20.0.0/24', 'of-a-test'];
  await daemon.docker(...make);
  const stack = sampleStack({ job: {} });
  await using emulator = await startEmulator({ stack, network: 'of-a-test', docker: daemon.url });
  emulator.clock.freeze();
  const claim = await emulator.claim('job');
  await daemon.docker('network', 'rm', 'of-a-test');
  await expect(claim.spawn()).rejects.toThrow(
    'Failed to join the network of-a-test: it was removed. Make it again as it was',
  );
  await daemon.docker(...make);
  emulator.clock.resume();
  await (await emulator.claim('job')).spawn();
});
