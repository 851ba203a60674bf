import { type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmulatorError, errorCodes, toMessage } from '../../shared/errors.ts';
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

/** What a detached emulator keeps of its log at most: the newer half stays when it is full. */
const longestLog = 16 * 2 ** 20;
const lookEveryMs = 1_000;

/** Answers what drops the older half of a log that has become too long, and says so in its first line. */
export const createShortener = (json: boolean, most = longestLog): ((path: string) => void) => {
  let droppedBytes = 0;
  return (path) => {
    const { size } = statSync(path);
    if (size <= most) return;
    const newer = readFileSync(path).subarray(-Math.floor(most / 2));
    const kept = newer.subarray(newer.indexOf('\n') + 1);
    droppedBytes += size - kept.length;
    const line = json
      ? JSON.stringify({ event: 'log-dropped', droppedBytes })
      : `cycle-scheduler: the log was too long: ${droppedBytes} bytes before this line are dropped`;
    // What this process writes goes to the end of the file, wherever that is.
    truncateSync(path);
    appendFileSync(path, `${line}\n`);
    appendFileSync(path, kept);
  };
};

/** What `startDetached` waits for, from the side of the process that it has started. */
export const parentThatWaits = (json: boolean) => {
  const stop = (): void => void process.kill(process.pid, 'SIGTERM');
  // It was killed: nothing else would know of this process.
  process.once('disconnect', stop);
  process.channel?.unref();
  return {
    tell: (session: string, ready: object): void => {
      process.off('disconnect', stop);
      if (!process.connected) return;
      keepShort(session, createShortener(json));
      process.send?.(ready, () => process.connected && process.disconnect());
    },
  };
};

/** Only a log that `startDetached` has made and named after this process. */
const keepShort = (session: string, shorten: (path: string) => void): void => {
  const look = (): void => {
    const path = logOf({ session, pid: process.pid });
    try {
      if (path !== null) shorten(path);
    } catch {
      // A log that is too long is no reason to stop.
    }
  };
  setInterval(look, lookEveryMs).unref();
};

export const printPageLink = (link: unknown): void => {
  if (link) print(`Page        ${link} (once, within ten minutes; without the code it asks for the key)`);
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
  const path = join(folder, fileName);
  const log = openSync(path, 'a', 0o600);
  const args = process.argv.slice(1).filter((argument) => argument !== '--detach');
  const stdio: StdioOptions = ['ignore', log, log, 'ipc'];
  const child = spawn(process.execPath, [...process.execArgv, ...args], { detached: true, stdio });
  closeSync(log);
  stopSignal.addEventListener('abort', () => child.kill('SIGTERM'));
  const slow = setTimeout(() => printError(`Not ready yet. See ${path}.`), quietForMs);
  const [message] = await Promise.race([once(child, 'message'), once(child, 'exit')])
    .catch((error: unknown) => {
      rmSync(folder, { recursive: true });
      const reason = `${toMessage(error)}. Start without --detach`;
      throw new EmulatorError(errorCodes.badOption, `Failed to start a process that goes on alone: ${reason}.`);
    })
    .finally(() => clearTimeout(slow));
  if (!isRecord(message)) {
    const text = readFileSync(path, 'utf8');
    rmSync(folder, { recursive: true });
    process.stderr.write(text.slice(-longestTail));
    return stopSignal.aborted ? interrupted : Number(message ?? 1);
  }
  child.disconnect();
  child.unref();
  const { session, pid = child.pid, uiLink, source, ...about } = message;
  const named = folderOf({ session: String(session), pid: Number(pid) });
  renameSync(folder, named);
  const file = join(named, fileName);
  if (json) printJson({ ...about, session, pid, log: file });
  else {
    print(`Stack       ${source}`);
    print(`Log         ${file}`);
    if (about['gatewayUrl']) print(`Gateway     ${about['gatewayUrl']}`);
    printPageLink(uiLink);
    print(`Stop        ${toStop(about, pid)}`);
    print(`ready ${about['url']}`);
  }
  return 0;
};
