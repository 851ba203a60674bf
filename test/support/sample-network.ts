import { randomBytes, randomInt } from 'node:crypto';
import { docker } from './docker-cli.ts';
import { endWithTest } from './end-with-test.ts';

/** A network of a test's own, as a person or Compose makes one; gone with its containers on disposal. */
export type SampleNetwork = AsyncDisposable & {
  readonly name: string;
  /** Its first three octets. */
  readonly prefix: string;
  /** Runs a container on it that a test goes about in, and answers its ID. */
  run(script: string, ...args: readonly string[]): Promise<string>;
};

/** @param args further ones of `docker network create`, of the octets that the network has */
export const makeSampleNetwork = async (
  args: (prefix: string) => readonly string[] = () => [],
  length = 24,
): Promise<SampleNetwork> => {
  const name = `cycle-trial-${randomBytes(4).toString('hex')}`;
  for (let attempts = 1; ; attempts += 1) {
    const prefix = `172.${randomInt(20, 26)}.${randomInt(256)}`;
    try {
      await docker('network', 'create', '--subnet', `${prefix}.0/${length}`, ...args(prefix), name);
      return toSample(name, prefix);
    } catch (error) {
      // Another network has that subnet.
      if (attempts === 10) throw error;
    }
  }
};

const toSample = (name: string, prefix: string): SampleNetwork => {
  const containers: string[] = [];
  const end = endWithTest(async () => {
    if (containers.length > 0) await docker('rm', '--force', '--volumes', ...containers);
    await docker('network', 'rm', name).catch(async (error: unknown) => {
      // A test may have removed it itself.
      if ((await docker('network', 'ls', '--format', '{{.Name}}')).split('\n').includes(name)) throw error;
    });
  });
  return {
    name,
    prefix,
    run: async (script, ...args) => {
      // Under a name, so that other containers find it by that.
      const own = `${name}-${containers.length}`;
      containers.push(own);
      // Podman stops a container, with its signal, before it removes it by force.
      const options = ['--detach', '--name', own, '--network', name, '--stop-signal', 'KILL', ...args];
      await docker('run', ...options, 'busybox:1.37', 'sh', '-c', script);
      return own;
    },
    [Symbol.asyncDispose]: end,
  };
};
