import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * Installs a package to compare with, by its exact version; what it depends on is as new as the registry has it. No script of
 * a package runs. Answers what the shell command prints, to which the package's programs are known.
 */
export const inPackage = async (exactly: string, command: string): Promise<string> => {
  const args = ['--yes', '--ignore-scripts', `--package=${exactly}`, '--', 'sh', '-c', command];
  return (await promisify(execFile)('npx', args)).stdout.trim();
};
