import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const contextDir = fileURLToPath(new URL('../../../fixtures/probe', import.meta.url));
const run = promisify(execFile);

export interface ProbeImage extends Disposable {
  /** Starts a probe that nothing stands around, as `docker run` does. */
  start(variables: Readonly<Record<string, string>>, runOptions?: readonly string[]): Promise<ProbeContainer>;
}

export interface ProbeContainer extends AsyncDisposable {
  /** What the probe exits with, once it does. */
  exitCode(): Promise<number>;
  /** `docker stop`: SIGTERM, then a kill after the grace. */
  stop(graceSeconds: number): Promise<void>;
}

/** Builds the probe under a name of its own, so that test runs side by side do not remove one another's image. */
export const buildProbeImage = (): ProbeImage => {
  const tag = `cycle-contract-probe-test:${randomBytes(4).toString('hex')}`;
  execFileSync('docker', ['build', '--quiet', '--tag', tag, contextDir], { stdio: 'pipe' });
  return {
    start: (variables, runOptions = []) => startProbe(tag, variables, runOptions),
    [Symbol.dispose]: () => void execFileSync('docker', ['rmi', '--force', tag], { stdio: 'pipe' }),
  };
};

const startProbe = async (
  tag: string,
  variables: Readonly<Record<string, string>>,
  runOptions: readonly string[],
): Promise<ProbeContainer> => {
  // By name alone, so that values of any form come through the environment of the CLI and not through its arguments.
  const names = Object.keys(variables).flatMap((name) => ['--env', name]);
  const options = ['--detach', '--add-host', 'host.docker.internal:host-gateway', ...runOptions, ...names];
  const { stdout } = await run('docker', ['run', ...options, tag], { env: { ...process.env, ...variables } });
  const id = stdout.trim();
  return {
    exitCode: async () => Number((await run('docker', ['wait', id])).stdout),
    stop: async (graceSeconds) => void (await run('docker', ['stop', '--time', String(graceSeconds), id])),
    [Symbol.asyncDispose]: async () => void (await run('docker', ['rm', '--force', id])),
  };
};
