import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRecord } from '../../shared/values.ts';
import { print, printError, printJson } from '../output.ts';
import { interrupted, listenForStopSignal } from '../stop-signal.ts';

/** Which process of which session: one that goes on with a state file keeps its session. */
type Process = { readonly session: string; readonly pid: number };

const fileName = 'start.log';
/** How long a start says nothing: images may have to be pulled or built. */
const quietForMs = 5_000;
/** Of the log of a start that has failed. */
const longestTail = 8_192;

const folderOf = ({ session, pid }: Process): string => join(tmpdir(), `cycle-scheduler-${session}-${pid}`);

/** Where a detached emulator of this machine and user logs to; null where there is no such log. */
export const logOf = (process: Process): string | null => {
  const path = join(folderOf(process), fileName);
  return existsSync(path) ? path : null;
};

/** What `startDetached` waits for, from the side of the process that it has started. */
export const parentThatWaits = () => {
  const stop = (): void => void process.kill(process.pid, 'SIGTERM');
  // It was killed: nothing else would know of this process.
  process.once('disconnect', stop);
  process.channel?.unref();
  return {
    tell: (ready: object): void => {
      process.off('disconnect', stop);
      if (process.connected) process.send?.(ready, () => process.connected && process.disconnect());
    },
  };
};

const toStop = ({ url, controlUrl }: Readonly<Record<string, unknown>>, pid: unknown): string => {
  if (controlUrl === null) return `kill ${pid}`;
  return `cycle-scheduler stop --url ${url}${controlUrl === url ? '' : ` --control-url ${controlUrl}`}`;
};

/**
 * `start --detach`: starts the same in a process that goes on alone, and answers once that is ready: 0, or its exit code with
 * the end of its log where it failed.
 */
export const startDetached = async (json: boolean): Promise<number> => {
  const stopSignal = listenForStopSignal(() => {});
  // Only for this user, and with a name that no other user can have taken before.
  const folder = mkdtempSync(join(tmpdir(), 'cycle-scheduler-'));
  const log = openSync(join(folder, fileName), 'a', 0o600);
  const args = process.argv.slice(1).filter((argument) => argument !== '--detach');
  const child = spawn(process.execPath, [...process.execArgv, ...args], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  stopSignal.addEventListener('abort', () => child.kill('SIGTERM'));
  const slow = setTimeout(() => printError(`Not ready yet. See ${join(folder, fileName)}.`), quietForMs);
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const [message] = await Promise.race([once(child, 'message'), ended]);
  clearTimeout(slow);
  if (!isRecord(message)) {
    const text = readFileSync(join(folder, fileName), 'utf8');
    rmSync(folder, { recursive: true });
    process.stderr.write(text.slice(-longestTail));
    return stopSignal.aborted ? interrupted : (message ?? 1);
  }
  child.disconnect();
  child.unref();
  const { session, pid = child.pid, uiLink, ...about } = message;
  const named = folderOf({ session: String(session), pid: Number(pid) });
  renameSync(folder, named);
  const file = join(named, fileName);
  if (json) printJson({ ...about, session, pid, log: file });
  else {
    print(`Log         ${file}`);
    if (uiLink) print(`Page        ${uiLink} (once, within ten minutes; without the code it asks for the key)`);
    print(`Stop        ${toStop(about, pid)}`);
    print(`ready ${about['url']}`);
  }
  return 0;
};
