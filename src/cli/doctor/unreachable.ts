import { EmulatorError } from '../../shared/errors.ts';
import { isContained } from '../../shared/values.ts';
import { type Finding, toFailure } from './finding.ts';

/** Why no engine answers, with the command that most likely fixes it here. */
export const toUnreachableFinding = (
  error: unknown,
  platform: NodeJS.Platform = process.platform,
  contained: boolean = isContained(),
): Finding =>
  toFailure('Docker', error, error instanceof EmulatorError ? commandFor(error, platform, contained) : null);

const commandFor = (
  { message, cause }: EmulatorError,
  platform: NodeJS.Platform,
  contained: boolean,
): string | null => {
  const code = cause instanceof Error && 'code' in cause ? cause.code : null;
  // There the message says with which flags the container is to be run.
  if (contained && / Run this container with /.test(message)) return null;
  if (code === 'EACCES') return 'sudo usermod -aG docker $USER && newgrp docker';
  // A user who names an address is more likely to have the wrong one than to have none.
  if (message.includes('chosen by DOCKER_HOST')) return 'unset DOCKER_HOST';
  if (message.includes('docker context')) return 'docker context use default';
  const isAbsent = code === 'ENOENT' || code === 'ECONNREFUSED';
  if (!isAbsent || message.includes('chosen by the option')) return null;
  if (platform === 'linux') return 'sudo systemctl start docker';
  return platform === 'darwin' ? 'open -a Docker' : null;
};
