// Ensures that a Docker engine answers. Where none does it installs and starts one, if this machine lets it: a bare
// CI machine or a container. Elsewhere it says how to get one.
import { spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { connectDocker } from '../../src/runtime/docker/engine/connection.ts';
import { loadEndpoint } from '../../src/runtime/docker/engine/endpoint.ts';
import { toMessage } from '../../src/shared/errors.ts';
import { aptInstall, isOnPath, lastLine } from './apt.ts';

const usualSocket = 'unix:///var/run/docker.sock';
const logFile = '/var/log/cycle-dockerd.log';
const pidFile = '/var/run/cycle-dockerd.pid';
const answersWithinMs = 60_000;

/** Why no engine answers, in one line; null when one does. */
const whyNoEngine = async (docker?: string): Promise<string | null> => {
  try {
    using _connection = await connectDocker(docker);
    return null;
  } catch (error) {
    return toMessage(error);
  }
};

/** An engine that the user has chosen is the user's to start; only where the usual socket is meant may one be put there. */
const whyNotOurs = (docker?: string): string | null => {
  if (loadEndpoint(docker).url !== usualSocket) return "the endpoint was chosen by this machine's settings";
  if (process.platform !== 'linux')
    return 'on this system Docker is installed by hand: Docker Desktop, Colima or the like';
  if (process.getuid?.() !== 0) return 'installing or starting Docker takes root';
  if (!isOnPath('dockerd') && !isOnPath('apt-get')) return 'this machine has neither dockerd nor apt-get';
  return null;
};

const install = (): void => {
  try {
    aptInstall('Docker', ['docker.io', 'iptables']);
  } catch (error) {
    // Without an init system the package's own attempt to start the engine fails, and so may its installation in name.
    if (!isOnPath('dockerd')) throw error;
  }
};

/** In a session of its own, so that it outlives this process and the terminal. */
const start = async (): Promise<void> => {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  const daemon = spawn('dockerd', [], { detached: true, stdio: ['ignore', log, log] });
  const ended = new Promise<string>((resolve) => {
    daemon.once('error', (error) => resolve(error.message));
    daemon.once('exit', (code) => resolve(`it ended with code ${code}: ${lastLine(readFileSync(logFile, 'utf8'))}`));
  });
  daemon.unref();
  if (daemon.pid !== undefined) writeFileSync(pidFile, `${daemon.pid}\n`);
  console.log(`Starting dockerd (pid ${daemon.pid ?? 'none'}, in ${pidFile}; log in ${logFile})`);
  const enough = new AbortController();
  const failure = await Promise.race([ended, untilItAnswers(enough.signal)]);
  enough.abort();
  if (failure !== null) throw new Error(`Failed to start dockerd: ${failure}. See ${logFile}.`);
};

const untilItAnswers = async (enough: AbortSignal): Promise<string | null> => {
  const deadline = performance.now() + answersWithinMs;
  while (!enough.aborted && performance.now() < deadline) {
    if ((await whyNoEngine()) === null) return null;
    await pause(200);
  }
  return `no answer within ${answersWithinMs / 1_000} s`;
};

/**
 * Ensures that an engine answers at the endpoint, or at the one that the docker CLI would use.
 *
 * @throws Error that says in one line why none does and cannot be made to
 */
export const ensureDocker = async (docker?: string): Promise<void> => {
  const why = await whyNoEngine(docker);
  if (why === null) return;
  const whyNot = whyNotOurs(docker);
  if (whyNot !== null) throw new Error(`${why} It is not started from here: ${whyNot}.`);
  if (!isOnPath('dockerd')) {
    install();
    // Where there is an init system the package has started the engine by itself.
    if ((await whyNoEngine()) === null) return;
  }
  await start();
};

if (import.meta.main) {
  try {
    await ensureDocker(process.env['CYCLE_SCHEDULER_DOCKER']);
  } catch (error) {
    console.error(toMessage(error));
    process.exitCode = 1;
  }
}
