import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Runs Compose with these arguments and answers what it prints to stdout. */
export type Compose = (args: readonly string[], env?: Readonly<Record<string, string>>) => string;

/** Either form of Compose; where there is neither, and this machine lets it, installs one. Throws otherwise. */
export const ensureCompose = (): Compose => {
  const command = findCompose() ?? installCompose();
  if (command === null) {
    throw new Error(
      'Failed to run Docker Compose: neither `docker compose` nor `docker-compose` is here. Install one of them.',
    );
  }
  const [program = '', ...before] = command;
  return (args, env = {}) =>
    execFileSync(program, [...before, ...args], {
      encoding: 'utf8',
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
};

const findCompose = (): readonly string[] | null => [['docker', 'compose'], ['docker-compose']].find(answers) ?? null;

const answers = ([program = '', ...before]: readonly string[]): boolean => {
  try {
    execFileSync(program, [...before, 'version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

const installCompose = (): readonly string[] | null => {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return null;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  execFileSync('apt-get', ['update'], { stdio: 'ignore', env });
  execFileSync('apt-get', ['install', '-y', '--no-install-recommends', 'docker-compose'], { stdio: 'ignore', env });
  return findCompose();
};
