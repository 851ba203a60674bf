import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { toMessage } from '../../../shared/errors.ts';
import { parseFrames } from '../engine/output.ts';

/** A check takes a millisecond or two. A sandbox that does not answer for so long may be paused, and is of no use. */
const answersWithinMs = 2_000;

/** The program names ten findings at most, of a line each. */
const mostAnswerBytes = 16 * 1024;

/** Asks the program of a sandbox, as sandbox.c says, what runs have left in the network that it holds. */
export class NetworkCheck {
  readonly #stream: Duplex;
  readonly #patienceMs: number;
  readonly #pending = new Map<string, (findings: readonly string[]) => void>();
  /** Why no answer will come any more; null while they do. */
  #broken: string | null = null;

  /**
   * @param stream the program's stdin, and its output in frames; perhaps not the first that was attached
   * @param patienceMs for one answer
   */
  constructor(stream: Duplex, patienceMs = answersWithinMs) {
    this.#stream = stream;
    this.#patienceMs = patienceMs;
    // What breaks ends what is read.
    stream.on('error', () => {});
    void this.#read();
  }

  /**
   * Wipes what an ordinary run leaves, and answers what is not as it was when the program began: nothing where the next
   * run may have the network. No run may be in it. A program that gives no answer is a finding, too: this never rejects.
   */
  ask(): Promise<readonly string[]> {
    if (this.#broken !== null) return Promise.resolve([this.#broken]);
    // What another process asked the same program may be answered to this one.
    const name = randomBytes(6).toString('hex');
    const { promise, resolve } = Promise.withResolvers<readonly string[]>();
    const waiting = setTimeout(() => this.#break(`no answer in ${this.#patienceMs} ms`), this.#patienceMs);
    this.#pending.set(name, (findings) => {
      clearTimeout(waiting);
      resolve(findings);
    });
    // The first line ends what another process may have begun.
    this.#stream.write(`\n${name}\n`);
    return promise;
  }

  async #read(): Promise<void> {
    let text = '';
    let findings: string[] = [];
    let reason = 'the sandbox has ended';
    try {
      for await (const { stream, data } of parseFrames(this.#stream)) {
        if (stream !== 'stdout') continue;
        const lines = (text + Buffer.from(data).toString('latin1')).split('\n');
        text = lines.pop() ?? '';
        for (const line of lines) {
          const name = /^done (.*)$/.exec(line)?.[1];
          if (name === undefined) findings.push(line);
          else {
            this.#settle(name, findings);
            findings = [];
          }
        }
        if (findings.join('').length + text.length > mostAnswerBytes) throw new Error('the answer has no end');
      }
    } catch (error) {
      reason = toMessage(error);
    }
    this.#break(reason);
  }

  #break(reason: string): void {
    this.#broken ??= reason;
    this.#stream.destroy();
    for (const name of this.#pending.keys()) this.#settle(name, [this.#broken]);
  }

  #settle(name: string, findings: readonly string[]): void {
    this.#pending.get(name)?.(findings);
    this.#pending.delete(name);
  }
}

/** Docker's defaults, and others that reach neither the network nor the files that go with it. */
const harmless = new Set(
  `
  AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID
  SYS_CHROOT IPC_LOCK SYS_NICE SYS_PTRACE SYS_RESOURCE SYS_TIME
`
    .trim()
    .split(/\s+/),
);

/** Whether runs with these capabilities may change a network in ways that the check does not see: each needs its own. */
export const needsOwnNetwork = (capabilities: readonly string[]): boolean =>
  capabilities.some((name) => !harmless.has(name.replace(/^CAP_/, '')));
