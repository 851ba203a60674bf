import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { promisify } from 'node:util';
import { built } from '../../../src/runtime/docker/programs/built.ts';

const base64 = { x64: built.sandbox.x86_64, arm64: built.sandbox.aarch64 }[process.arch as string];

/** Where the program of a sandbox runs without a container: a network of its own takes root. */
export const canRunSandbox = process.platform === 'linux' && process.getuid?.() === 0 && base64 !== undefined;

/** The program in a network and with files of its own, between two ends of a wire, 10.9.0.1 and 10.9.0.2. */
export type SandboxProgram = AsyncDisposable & {
  readonly process: ChildProcess;
  /** Its stdin, and its output in frames, as an engine attaches them. */
  readonly stream: Duplex;
  /** Runs a command in its network and with its files, and answers what it prints. */
  within(...command: readonly string[]): Promise<string>;
  /** What the kernel's file shows to the program. */
  read(path: string): string;
};

const prepare = [
  'ip link set lo up; ip link add one type veth peer two; ip addr add 10.9.0.1/24 dev one; ip link set one up',
  'ip link set two up; for file in hosts resolv.conf hostname; do mount --bind "$1/$file" "/etc/$file"; done',
].join('; ');

export const startSandboxProgram = (): SandboxProgram => {
  const folder = mkdtempSync(join(tmpdir(), 'cycle-sandbox-test-'));
  const path = join(folder, 'sandbox');
  writeFileSync(path, Buffer.from(base64 ?? '', 'base64'));
  chmodSync(path, 0o555);
  for (const file of ['hosts', 'resolv.conf', 'hostname']) writeFileSync(join(folder, file), `of the ${file}\n`);
  const script = `set -e; ${prepare}; exec "$1/sandbox"`;
  const child = spawn('unshare', ['--net', '--mount', 'sh', '-c', script, 'sh', folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  return {
    process: child,
    stream: Duplex.from({ writable: child.stdin, readable: toFrames(child.stdout) }),
    within: async (...command) => {
      const args = ['-t', String(child.pid), '-n', '-m', ...command];
      return (await promisify(execFile)('nsenter', args)).stdout;
    },
    read: (file) => readFileSync(`/proc/${child.pid}/${file}`, 'utf8'),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
};

async function* toFrames(output: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const data of output) {
    const header = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
    header.writeUInt32BE(data.length, 4);
    yield Buffer.concat([header, data]);
  }
}
