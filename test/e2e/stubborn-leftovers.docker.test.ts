import { hostname } from 'node:os';
import { expect, it, onTestFinished } from 'vitest';
import { startEmulator } from '../../src/emulator/start-emulator.ts';
import { toSessionLabels } from '../../src/runtime/docker/engine/labels.ts';
import { pruneLeftovers } from '../../src/runtime/docker/session/leftovers.ts';
import { identifyThisProcess } from '../../src/runtime/docker/session/owner.ts';
import { docker } from '../support/docker-cli.ts';
import { sampleStack } from '../support/sample-stack.ts';

it('an emulator starts beside leftovers that cannot be removed, and says so, as the clean-up does', async () => {
  const name = `cycle-stubborn-${process.pid}-${hostname()}`;
  // No process has this number: it is above what the kernel gives out.
  const owner = { ...identifyThisProcess(), pid: 2 ** 22 + 1 };
  const labels = Object.entries(
    toSessionLabels({ id: name, version: '0', owner, ownerContainer: null, durable: null }),
  );
  const marks = labels.map(([key, value]) => `volume-label=${key}=${value}`);
  onTestFinished(async () => {
    // An emulator that starts between the removal of its user and this one removes it.
    await docker('volume', 'rm', name).catch((error) => expect(String(error)).toMatch(/no such volume/i));
  });
  // Podman gives no labels to a volume that is made with a container.
  await docker('volume', 'create', ...labels.flatMap(([key, value]) => ['--label', `${key}=${value}`]), name);
  // Should an emulator that starts at this moment remove it, it is made again, in use.
  const mount = ['type=volume', `source=${name}`, 'target=/held', ...marks].join(',');
  const user = await docker('create', '--mount', mount, 'busybox:1.37');
  onTestFinished(async () => void (await docker('rm', user)));

  const warnings: object[] = [];
  const warn = (fields: object) => void warnings.push(fields);
  const logger = { debug: () => {}, info: () => {}, warn, error: () => {} };
  await using emulator = await startEmulator({ stack: sampleStack({ sample: {} }), logger });
  expect(emulator.function('sample').counts.available).toBe(1);
  const reason = expect.stringContaining(`Failed to remove volume ${name}`);
  expect(warnings).toContainEqual({ reason });

  const { failed } = await pruneLeftovers({ kept: false });
  const error = expect.objectContaining({ message: reason });
  expect(failed).toContainEqual({ kind: 'volume', name, session: name, error });
});
