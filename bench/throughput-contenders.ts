import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { portAnswers } from '../src/emulator/invoke.ts';
import { findApiDescription } from '../src/openapi/load.ts';
import { packageRoot } from '../src/shared/package.ts';
import { secret } from './emulator-process.ts';
import { forkServer } from './fork-server.ts';
import { inPackage } from './npx.ts';
import { functionOf, stackOf } from './stacks.ts';

/** A server in a process of its own that answers claims. */
export type Contender = AsyncDisposable & {
  readonly port: number;
  /** Milliseconds of processor time that it has used since it began. */
  cpuMs(): number;
  /** Takes all claims back, so that as many can be made again. */
  forget(): Promise<void>;
};

const containerId = '65f1c0ffee0000000000c001';
const containerName = 'pool';
const body = JSON.stringify({ token: 'bench-token' });
const headers = { 'X-CYCLE-ACCESS-KEY': secret, 'Content-Type': 'application/json' };

/** The claim that every contender gets, byte by byte. */
export const claimRequest = [
  `POST /v1/functions/${containerId}/claim HTTP/1.1`,
  'Host: 127.0.0.1',
  ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  `Content-Length: ${body.length}`,
  '',
  body,
].join('\r\n');

/** `cycle-scheduler start` as it comes, but that its log goes nowhere, over a pool of this size without containers. */
export const startOurs = async (instances: number): Promise<Contender> => {
  const folder = mkdtempSync(join(tmpdir(), 'cycle-bench-'));
  const stackFile = join(folder, 'stack.json');
  const functions = { [containerName]: functionOf('busybox:1.37', { instances }) };
  const stack = stackOf(functions, { [containerName]: { id: containerId } });
  writeFileSync(stackFile, JSON.stringify(stack));
  const flags = ['--port', '0', '--runtime', 'simulated'];
  const main = join(packageRoot, 'src', 'cli', 'main.ts');
  const child = spawn(process.execPath, [main, 'start', stackFile, ...flags], { stdio: ['ignore', 'pipe', 'ignore'] });
  const port = await portSaid(child, /^ready http:\/\/[^:]+:(\d+)/);
  rmSync(folder, { recursive: true });
  const forget = async (): Promise<void> => {
    const answer = await fetch(`http://127.0.0.1:${port}/_emulator/reset`, { method: 'POST', headers });
    if (!answer.ok) throw new Error(`the emulator could not be reset: ${await answer.text()}`);
    await answer.arrayBuffer();
  };
  return toContender(child, port, forget);
};

/** What a claim at this port answers; undoes it, too. */
export const answerOf = async ({ port, forget }: Contender): Promise<string> => {
  const url = `http://127.0.0.1:${port}/v1/functions/${containerId}/claim`;
  const answer = await fetch(url, { method: 'POST', headers, body });
  const text = await answer.text();
  await forget();
  return text;
};

export type ExpressMode = 'validated' | 'lean';

/** Express alone, as it comes or without what the emulator does without, or with the validator alone, that answers this text. */
export const startExpress = async (answer: string, ...modes: readonly ExpressMode[]): Promise<Contender> => {
  const { child, port } = await forkServer('bare-express.ts', [answer, ...modes]);
  return toContender(child, port);
};

const prismPackage = '@stoplight/prism-cli@5.16.0';

/** Prism's mock of our description, which npx installs. Unlike ours, and unlike its default, it logs nothing. */
export const startPrism = async (): Promise<Contender> => {
  const prism = await inPackage(prismPackage, 'command -v prism');
  const port = await freePort();
  const flags = ['mock', findApiDescription(), '--port', String(port), '--verboseLevel', 'silent'];
  const child = spawn(process.execPath, [prism, ...flags], { stdio: 'ignore' });
  try {
    // It says nothing when it is ready, either.
    await portAnswers({ host: '127.0.0.1', port }, AbortSignal.timeout(60_000));
  } catch (error) {
    await end(child);
    throw error;
  }
  return toContender(child, port);
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

const toContender = (child: ChildProcess, port: number, forget = async (): Promise<void> => {}): Contender => ({
  port,
  cpuMs: () => cpuMsOf(child.pid ?? 0),
  forget,
  [Symbol.asyncDispose]: () => end(child),
});

/** Linux counts it in hundredths of a second, by the fields utime and stime of proc_pid_stat(5). */
export const cpuMsOf = (pid: number): number => {
  const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const [user, system] = fields.split(' ').slice(11, 13).map(Number);
  return ((user ?? 0) + (system ?? 0)) * 10;
};

/** The port in the first line of the child's output that fits. */
const portSaid = async (child: ChildProcess, pattern: RegExp): Promise<number> => {
  for await (const line of createInterface(child.stdout as Readable)) {
    const port = pattern.exec(line)?.[1];
    if (port === undefined) continue;
    child.stdout?.resume();
    return Number(port);
  }
  throw new Error(`${child.spawnargs.join(' ')} ended before it listened`);
};

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
};
