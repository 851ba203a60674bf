import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { docker } from '../docker-cli.ts';
import { endWithTest } from '../end-with-test.ts';
import { untilHealthy } from './docker-lines.ts';
import { socketGroup } from './emulator-image.ts';

/** An emulator in a container, on a network where other containers can be put beside it. */
export type ContainedEmulator = AsyncDisposable & {
  readonly container: string;
  readonly network: string;
  /** Where this machine reaches it. */
  readonly url: string;
};

/** Runs the image as docs/guides/in-docker.md says, and waits until its own check finds it healthy. */
export const startContainedEmulator = async (image: string, stack: object): Promise<ContainedEmulator> => {
  const made = new AsyncDisposableStack();
  const end = endWithTest(() => made.disposeAsync());
  const network = `cycle-trial-${randomBytes(4).toString('hex')}`;
  await docker('network', 'create', network);
  made.defer(async () => void (await docker('network', 'rm', network)));
  const container = await docker(
    ...['create', '--network', network, '--network-alias', 'env-scheduler', '--publish', '127.0.0.1:0:80'],
    ...['--volume', '/var/run/docker.sock:/var/run/docker.sock', '--group-add', socketGroup()],
    // The image's own check comes every three seconds, which a test need not wait for.
    ...['--health-interval', '500ms', image, 'start', 'stack.json'],
  );
  made.defer(async () => {
    await docker('stop', container);
    await docker('rm', container);
  });
  await copyIn(container, stack);
  await docker('start', container);
  await untilHealthy(container);
  const address = await docker('port', container, '80');
  return { container, network, url: `http://${address}`, [Symbol.asyncDispose]: end };
};

/** Copied, not mounted: the engine need not see this machine's files. */
const copyIn = async (container: string, stack: object): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'cycle-contained-'));
  try {
    writeFileSync(join(folder, 'stack.json'), JSON.stringify(stack));
    await docker('cp', join(folder, 'stack.json'), `${container}:/stack/stack.json`);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** Containers and networks that the emulator in a container has in the engine, one a line. */
export const madeBy = async (container: string): Promise<string> => {
  const owner = 'io.cycle.emulator.owner-container';
  const shown = ['--filter', `label=${owner}`, '--format', `{{.Name}}{{.Label "${owner}"}}`];
  const [containers, networks] = await Promise.all([
    docker('ps', '-a', ...shown.map((arg) => arg.replace('.Name}', '.Names}'))),
    docker('network', 'ls', ...shown),
  ]);
  return `${containers}\n${networks}`
    .split('\n')
    .filter((line) => line.includes(container))
    .join('\n');
};
