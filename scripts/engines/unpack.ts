import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { toMessage } from '../../src/shared/errors.ts';
import type { EngineKind } from './engines.ts';

const run = promisify(execFile);

/** `CYCLE_ENGINES`: where unpacked suites stay, some 400 MB each. */
const cacheFolder = (): string => process.env['CYCLE_ENGINES'] || join(tmpdir(), 'cycle-engines');

/** Package lists and packages of one suite; more than a slow line takes for 100 MB. */
const unpackWithinMs = 300_000;

export type UnpackOptions = {
  /** Gets it again where an earlier run has it. */
  readonly fresh: boolean;
  readonly signal: AbortSignal;
};

/**
 * Unpacks the engine's packages with all they need, and installs nothing.
 *
 * @returns the folder, with `usr` and `etc` in it
 * @throws Error that says in one line why the engine is unavailable here
 */
export const unpackEngine = async ({ suite, packages }: EngineKind, options: UnpackOptions): Promise<string> => {
  const folder = join(cacheFolder(), suite);
  if (existsSync(folder) && !options.fresh) return folder;
  refuseWhereItCannotBe();
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(unpackWithinMs)]);
  const partial = `${folder}.partial-${process.pid}`;
  try {
    mkdirSync(cacheFolder(), { recursive: true });
    const mirror = await findMirror(signal);
    // A suite that moves signs its lists for days only, and a machine's clock may be ahead of its mirror.
    const aged = '--aptopt=Acquire::Check-Valid-Until "false"';
    const args = ['--quiet', '--variant=extract', aged, `--include=${packages.join(',')}`, suite, partial, mirror];
    const unpacking = run('mmdebstrap', args, { signal });
    const ended = once(unpacking.child, 'exit');
    await unpacking.catch(async (error: unknown) => {
      // It clears up after itself when it is asked to stop.
      await ended;
      throw error;
    });
    rmSync(folder, { recursive: true, force: true });
    renameSync(partial, folder);
    return folder;
  } catch (error) {
    throw new Error(`Failed to get ${packages[0]} from Debian's ${suite}: ${reasonOf(error)}.`, { cause: error });
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
};

const refuseWhereItCannotBe = (): void => {
  if (process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) return;
  throw new Error(
    'Failed to get an engine: this takes root on Debian. Run it there, or test the engine of DOCKER_HOST.',
  );
};

/** Debian's own package source of this machine, once mmdebstrap is there. */
const findMirror = async (signal: AbortSignal): Promise<string> => {
  const ask = async () => (await run('apt-get', ['indextargets', '--format', '$(REPO_URI)', 'Label: Debian'])).stdout;
  const isUnpackerThere = existsSync('/usr/bin/mmdebstrap');
  let mirrors = await ask();
  // A bare machine has no package lists yet.
  if (!isUnpackerThere || mirrors === '') await run('apt-get', ['update'], { signal });
  if (!isUnpackerThere) await run('apt-get', ['install', '-y', '--no-install-recommends', 'mmdebstrap'], { signal });
  if (mirrors === '') mirrors = await ask();
  const [mirror = ''] = mirrors.split('\n');
  if (mirror === '') throw new Error('apt knows no package source of Debian');
  return mirror;
};

/** What a program said last is why it failed. */
const reasonOf = (error: unknown): string => {
  const said = String((error as { stderr?: unknown }).stderr ?? '').trim();
  const last = said.split('\n').findLast((line) => line.trim() !== '');
  return (last ?? toMessage(error)).trim().replace(/\.$/, '');
};
