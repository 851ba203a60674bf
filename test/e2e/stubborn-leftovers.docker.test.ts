import { expect, it } from 'vitest';
import { startEmulator } from '../../src/emulator/start-emulator.ts';
import { toSessionLabels } from '../../src/runtime/docker/engine/labels.ts';
import { pruneLeftovers } from '../../src/runtime/docker/session/leftovers.ts';
import { identifyThisProcess } from '../../src/runtime/docker/session/owner.ts';
import { startOwnDaemon } from '../support/own-daemon.ts';
import { sampleStack } from '../support/sample-stack.ts';

it('an emulator starts beside leftovers that cannot be removed, and says so, as the clean-up does', async () => {
  // Elsewhere every emulator that starts meanwhile would warn of it.
  await using daemon = await startOwnDaemon();
  const name = 'cycle-stubborn';
  // No process has this number: it is above what the kernel gives out.
  const owner = { ...identifyThisProcess(), pid: 2 ** 22 + 1 };
  const labels = Object.entries(
    toSessionLabels({ id: name, version: '0', owner, ownerContainer: null, durable: null }),
  );
  await daemon.docker('volume', 'create', ...labels.flatMap(([key, value]) => ['--label', `${key}=${value}`]), name);
  await daemon.docker('create', '--volume', `${name}:/held`, 'busybox:1.37');

  const warnings: object[] = [];
  const warn = (fields: object) => void warnings.push(fields);
  const logger = { debug: () => {}, info: () => {}, warn, error: () => {} };
  await using emulator = await startEmulator({ stack: sampleStack({ sample: {} }), logger, docker: daemon.url });
  expect(emulator.function('sample').counts.available).toBe(1);
  const reason = expect.stringContaining(`Failed to remove volume ${name}`);
  expect(warnings).toContainEqual({ reason });

  const { failed } = await pruneLeftovers({ kept: false, docker: daemon.url });
  const error = expect.objectContaining({ message: reason });
  expect(failed).toContainEqual({ kind: 'volume', name, session: name, error });
});
