import type { Readable } from 'node:stream';
import type { RecordedRequest } from '../model/result.ts';
import { CaseFailed, NotTried } from '../model/result.ts';
import { type ContractCase, type Facts, group } from './case.ts';
import type { Exchange } from './connection.ts';
import {
  LinkedCall,
  type LinkedConnection,
  type LinkedHead,
  type LinkedReply,
  type LinkedRequest,
  openLinkedConnection,
} from './linked-call.ts';
import { noneFree } from './requests.ts';
import { documented, inferred } from './rules.ts';
import type { LinkedTarget } from './run-context.ts';
import type { Scenario } from './scenario.ts';

/** What an answer of the probe says of it, and of the request as it got it. */
export type ProbeAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly instance: string;
  /** Another of each process. */
  readonly run: string;
  readonly container: string;
  readonly reply: LinkedReply;
  /** The index of its step, which is a request to no operation: so a check may be about it. */
  readonly step: number;
  readonly operation: null;
};

/** A run that goes on until its caller hangs up. */
export type LinkedRun = Pick<ProbeAnswer, 'instance' | 'run' | 'container'> & { readonly call: LinkedCall };

export const linkedRules = {
  reached: documented('A request to the domain of a function is answered by an instance of it.', 'linked'),
  asItIs: documented('A function receives a request just as it would without a gateway.', 'linked'),
  answerAsItIs: documented('A caller receives the function’s answer.', 'linked'),
  ownInstance: documented('Every request has an instance of its own.', 'ingress'),
  freed: inferred('An instance is released when its answer has ended, or its caller has gone.'),
  oneLine: inferred('Claims and requests wait in one line, for the same instances.'),
} as const;

type RunLinked = (s: Scenario, http: Linked) => Promise<unknown>;

/** A group of cases that send requests to functions, each by a client that ends with the case. */
export const linkedGroup = (common: Omit<Facts, 'level' | 'operations' | 'needs'> & Partial<Facts>) => {
  const define = group({ level: 'lifecycle', operations: ['getActiveInstances'], needs: ['linked'], ...common });
  return (
    id: ContractCase['id'],
    requirement: string,
    own: RunLinked | (Partial<Facts> & { readonly run: RunLinked }),
  ): ContractCase => {
    const { run, ...facts } = typeof own === 'function' ? { run: own } : own;
    return define(id, requirement, {
      ...facts,
      run: async (s) => {
        await using http = new Linked(s);
        await run(s, http);
      },
    });
  };
};

type Asked = Partial<LinkedRequest> & { readonly over?: LinkedConnection };

/** After so many requests in a row without an answer, no more are sent. */
const enoughSilences = 4;

/** The requests that a case sends to functions. Disposing hangs up on all, and waits until their runs are seen no more. */
export class Linked implements AsyncDisposable {
  readonly #s: Scenario;
  readonly #target: LinkedTarget;
  readonly #calls = new Set<LinkedCall>();
  readonly #steps = new Map<LinkedCall, Promise<number>>();
  readonly #connections = new Set<LinkedConnection>();
  readonly #seen = new Set<string>();

  constructor(s: Scenario) {
    if (s.run.linked === null) throw new CaseFailed('there is no gateway');
    this.#s = s;
    this.#target = s.run.linked;
  }

  /** The Host header of the first function, or of the second. */
  host(index = 0): string {
    return this.#target.hosts?.[index] ?? new URL(this.#target.url).host;
  }

  connect(host = this.host()): LinkedConnection {
    const connection = openLinkedConnection(this.#place, host);
    this.#connections.add(connection);
    return connection;
  }

  get #place() {
    return { url: new URL(this.#target.url), address: this.#target.address };
  }

  /** Sends a request without waiting for its answer. */
  begin({ over, ...asked }: Asked = {}): LinkedCall {
    const { run } = this.#s;
    const { ground } = this.#target;
    if (ground.silences >= enoughSilences) throw new NotTried('functions no longer answer over HTTP');
    run.budget.take('claim');
    run.budget.take('spawn');
    const usual = { method: 'GET', path: '/', headers: [], body: null, isChunked: false, isHalfSent: false };
    const request: LinkedRequest = { ...usual, protocol: null, host: this.host(), ...asked };
    const timeoutMs = ground.silences === 0 ? run.requestTimeoutMs : Math.min(run.requestTimeoutMs, run.settleMs);
    const begunAt = performance.now();
    const connection = over ?? this.connect(request.host);
    const call = new LinkedCall(this.#place, connection, request, timeoutMs);
    this.#calls.add(call);
    // An instance may be its connection's.
    if (over === undefined) void call.reply.then(() => connection.close());
    this.#steps.set(
      call,
      call.reply.then((reply) => {
        if (reply.failure === 'timeout' && reply.head === null) ground.silences += 1;
        else if (reply.failure !== 'aborted') ground.silences = 0;
        return this.#s.noteStep(
          { operation: null },
          toRecordedLinked(this.#target.url, request),
          toExchange(reply),
          begunAt,
        );
      }),
    );
    const hangUp = (): void => call.hangUp();
    run.signal.addEventListener('abort', hangUp, { once: true });
    void call.reply.then(() => run.signal.removeEventListener('abort', hangUp));
    return call;
  }

  /** The answer, which must be the probe's and whole. One that says that no instance is free is asked for again. */
  async ask(asked: Asked = {}): Promise<ProbeAnswer> {
    const once = (): Promise<ProbeAnswer> => this.answerTo(this.begin(asked));
    const answer = await this.#s.askBeyondRemains(this.#s.container, once, saysNoneFree);
    if (saysNoneFree(answer) && !this.#s.run.isExclusive) this.#s.skip('no instance was free');
    const { reply } = answer;
    this.#s.require(answer.run !== '' && reply.failure === undefined, {
      ...linkedRules.reached,
      expected: 'an answer of fixtures/probe',
      came: describeReply(reply),
      about: answer,
    });
    return answer;
  }

  /** What came of a request, whether or not it is the probe's; then it has no run. */
  async answerTo(call: LinkedCall): Promise<ProbeAnswer> {
    if (this.#s.run.clock.isMovable) await this.#s.moveUntil(call.reply);
    const reply = await call.reply;
    const { headers = {}, status = 0 } = reply.head ?? {};
    const step = (await this.#steps.get(call)) ?? 0;
    const instance = headers['x-probe-instance'] ?? '';
    if (instance !== '') this.#seen.add(instance);
    const [run = '', container = ''] = [headers['x-probe-run'], headers['x-probe-function']];
    return { status, headers, body: reply.body, instance, run, container, reply, step, operation: null };
  }

  /** Requests that are answered, and whose answers do not end, all at the same time. Skips where their beginning does not come. */
  async hold(count = 1, host = this.host()): Promise<readonly LinkedRun[]> {
    const calls = Array.from({ length: count }, () => this.begin({ path: '/probe/hold', host }));
    const runs: LinkedRun[] = [];
    for (const call of calls) {
      const run = await this.runOf(call);
      if (run === null) return this.#s.skip(`not judged: ${runs.length} of ${count} answers have begun`);
      runs.push(run);
    }
    return runs;
  }

  /** The run behind an answer that has begun; null where it has not within the time that things may take. */
  async runOf(call: LinkedCall): Promise<LinkedRun | null> {
    const { settleMs } = this.#s.run;
    const head = await Promise.race([call.head, this.#s.pause(settleMs).then(() => null)]);
    const probe = probeOf(head);
    if (probe === null) return null;
    this.#seen.add(probe.instance);
    return { ...probe, call };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const call of this.#calls) call.hangUp();
    await Promise.all([...this.#steps.values()]);
    for (const connection of this.#connections) connection.close();
    const { run, container } = this.#s;
    if (run.signal.aborted || run.missing.has('getActiveInstances')) return;
    // The next case finds what it has used free again, as far as the target frees it.
    const isOver = async (): Promise<boolean> => {
      const listed = await Promise.all(run.containers.slice(0, 2).map((id) => this.#s.active(id)));
      return ![...this.#seen].some((instance) => listed.some((list) => instance in list));
    };
    if (container !== '') await this.#s.until(isOver).catch(() => {});
  }
}

const saysNoneFree = ({ status, run, reply }: ProbeAnswer): boolean =>
  reply.failure === undefined && noneFree.includes(status) && run === '';

/** What the head of an answer says of the probe that it is from; null where it is none's. */
export const probeOf = (head: LinkedHead | null): Pick<ProbeAnswer, 'instance' | 'run' | 'container'> | null => {
  const [instance, run, container] = ['instance', 'run', 'function'].map((name) => head?.headers[`x-probe-${name}`]);
  return instance === undefined || run === undefined || container === undefined ? null : { instance, run, container };
};

/** In the words of a message. */
export const describeReply = (reply: LinkedReply): string => {
  const { head, failure } = reply;
  if (failure !== undefined) return head === null ? reply.reason : `${head.status}, and ${reply.reason}`;
  return head.headers['x-probe-run'] === undefined ? `${head.status}, not of the probe` : String(head.status);
};

export const toRecordedLinked = (
  base: string,
  { method, path, host, headers, body }: LinkedRequest,
): RecordedRequest => {
  const pairs = headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1] ?? '']] : []));
  return {
    method,
    path: `${base.replace(/\/$/, '')}${path}`,
    headers: { Host: host, ...Object.fromEntries(pairs) },
    body: body === null ? null : shown(body),
  };
};

export const toExchange = (reply: LinkedReply): Exchange => {
  const { head, body, durationMs } = reply;
  if (reply.failure !== undefined) return { failure: reply.failure, reason: reply.reason, durationMs };
  return { response: { status: reply.head.status, headers: head?.headers ?? {}, body: shown(body) }, durationMs };
};

const shown = (bytes: Buffer): string => {
  const text = bytes.toString('utf8');
  return text.includes('\ufffd') ? `(${bytes.length} bytes)` : text;
};

/** A request as its function got it. */
export type Echo = {
  readonly method: string;
  readonly target: string;
  /** Names as they came, and values. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
};

/** The request that an answer of the probe's repeats. */
export const toEcho = ({ body }: Pick<ProbeAnswer, 'body'>): Echo => {
  const end = body.indexOf('\r\n\r\n');
  const [first = '', ...lines] = body.subarray(0, Math.max(0, end)).toString('latin1').split('\r\n');
  const [, method = '', target = ''] = /^(\S+) (\S+) /.exec(first) ?? [];
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
  });
  return { method, target, headers, body: body.subarray(end + 4) };
};

/** The values of a header. */
export const valuesOf = ({ headers }: Echo, name: string): readonly string[] =>
  headers.filter(([own]) => own.toLowerCase() === name.toLowerCase()).map(([, value]) => value);

/** What comes over a connection until it has so many bytes; less where it ends or takes too long. */
export const readBytes = (stream: Readable, count: number, withinMs: number): Promise<Buffer> =>
  new Promise((resolve) => {
    const parts: Buffer[] = [];
    const done = (): void => {
      clearTimeout(timer);
      stream.off('data', add).off('close', done);
      resolve(Buffer.concat(parts));
    };
    const timer = setTimeout(done, withinMs);
    const add = (part: Buffer): void => {
      parts.push(part);
      if (parts.reduce((sum, { length }) => sum + length, 0) >= count) done();
    };
    stream.on('data', add).once('close', done);
  });
