import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Where a program lies; a path is answered as it is. */
export const findOnPath = (program: string): string | null => {
  if (program.includes('/')) return program;
  const paths = (process.env['PATH'] ?? '').split(':').map((folder) => `${folder}/${program}`);
  return paths.find((path) => existsSync(path)) ?? null;
};

export const isOnPath = (program: string): boolean => findOnPath(program) !== null;

export const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.trim().replace(/\.$/, '') ?? '';

/** Null where this machine lets us install. */
export const whyNotOurs = (): string | null => {
  if (process.platform !== 'linux') return 'on this system it is installed by hand';
  if (process.getuid?.() !== 0) return 'installing it takes root';
  return isOnPath('apt-get') ? null : 'this machine has no apt-get';
};

/** Installs Debian packages, and says so first; as root, on a machine that has apt-get. */
export const aptInstall = (subject: string, packages: readonly string[]): void => {
  console.log(`Installing ${subject}: apt-get install ${packages.join(' ')}`);
  const options = { stdio: 'pipe', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } } as const;
  try {
    execFileSync('apt-get', ['update'], options);
    execFileSync('apt-get', ['install', '-y', '--no-install-recommends', ...packages], options);
  } catch (error) {
    const reason = lastLine(String((error as { stderr?: unknown }).stderr ?? error));
    throw new Error(`Failed to install ${subject}: ${reason}.`);
  }
};
