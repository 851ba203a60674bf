import { expect, it, onTestFinished } from 'vitest';
import { startEmulator } from '../../src/emulator/start-emulator.ts';
import { loadEndpoint } from '../../src/runtime/docker/engine/endpoint.ts';
import { docker } from '../support/docker-cli.ts';
import { startBrokenLine } from '../support/runtime/broken-line.ts';
import { sampleStack } from '../support/sample-stack.ts';

it('an emulator stops beside its network that Docker does not remove before a restart, and says so', async () => {
  await using line = await startBrokenLine(loadEndpoint().url);
  const warnings: object[] = [];
  const warn = (...entry: readonly unknown[]) => void warnings.push(entry);
  const logger = { debug: () => {}, info: () => {}, warn, error: () => {} };
  const emulator = await startEmulator({ stack: sampleStack({ sample: {} }), logger, docker: line.url });
  const label = `label=io.cycle.emulator.session=${emulator.session}`;
  const name = (await docker('network', 'ls', '--filter', label, '--format', '{{.Name}}')).trim();
  onTestFinished(async () => void (await docker('network', 'rm', name)));

  line.keepNetworks();
  await emulator.stop();
  const reason = `Failed to remove network ${name}: Docker counts endpoints in it, and no container uses it. Restart Docker, then run \`cycle-scheduler prune\`.`;
  expect(warnings).toContainEqual([{ reason }, 'a network is left until Docker has been restarted']);
  expect(await docker('ps', '-aq', '--filter', label)).toBe('');
  expect(await docker('volume', 'ls', '-q', '--filter', label)).toBe('');
});
