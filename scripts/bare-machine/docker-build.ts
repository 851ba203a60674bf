import { spawnSync } from 'node:child_process';
import { EmulatorError, errorCodes } from '../../src/shared/errors.ts';

/**
 * Runs `docker build`. What it prints goes to stderr, so that a caller's stdout stays its own.
 *
 * @param remedy what to do where it fails, without a full stop
 * @throws EmulatorError `imageUnavailable`
 */
export const dockerBuild = (tag: string, args: readonly string[], remedy: string): void => {
  const { status, error } = spawnSync('docker', ['build', '-t', tag, ...args], {
    stdio: ['ignore', process.stderr, 'inherit'],
  });
  if (status === 0) return;
  const reason = error ? `docker cannot be run, ${error.message}` : 'docker says above why';
  throw new EmulatorError(errorCodes.imageUnavailable, `Failed to build the image ${tag}: ${reason}. ${remedy}.`);
};
