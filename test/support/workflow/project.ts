import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Project extends AsyncDisposable {
  readonly directory: string;
}

const main = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));

/**
 * A project that has this package among its dev dependencies, as the example expects: a package beside it stands for the
 * published one and runs the sources, so that `npm ci` needs neither a build nor a registry.
 */
export const makeProject = async (): Promise<Project> => {
  const root = await mkdtemp(join(tmpdir(), 'cycle-workflow-'));
  const directory = join(root, 'project');
  const dependency = join(root, 'cycle-scheduler');
  await mkdir(directory);
  await mkdir(dependency);
  const bin = { 'cycle-scheduler': 'cycle-scheduler.sh' };
  const devDependencies = { 'cycle-scheduler': 'file:../cycle-scheduler' };
  const write = (path: string, content: object | string): Promise<void> =>
    writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  await write(join(dependency, 'package.json'), { name: 'cycle-scheduler', version: '0.0.0', bin });
  await write(join(dependency, bin['cycle-scheduler']), `#!/bin/sh\nexec node '${main}' "$@"\n`);
  await chmod(join(dependency, bin['cycle-scheduler']), 0o755);
  await write(join(directory, 'package.json'), { name: 'project', version: '0.0.0', devDependencies });
  await write(join(directory, 'package-lock.json'), {
    name: 'project',
    version: '0.0.0',
    lockfileVersion: 3,
    requires: true,
    packages: {
      '': { name: 'project', version: '0.0.0', devDependencies },
      '../cycle-scheduler': { version: '0.0.0', dev: true, bin },
      'node_modules/cycle-scheduler': { resolved: '../cycle-scheduler', link: true },
    },
  });
  return { directory, [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }) };
};
