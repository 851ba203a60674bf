import { type Load, loadWith } from './load.ts';
import {
  answerOf,
  type Contender,
  claimRequest,
  startExpress,
  startOurs,
  startPrism,
} from './throughput-contenders.ts';

/** What one contender has shown with one number of connections. */
export type Throughput = {
  readonly name: string;
  readonly connections: number;
  /** Answers a second, by round. */
  readonly perSecond: readonly number[];
  /** Microseconds of the server's processor time an answer takes, by round: what is left where a machine is busy otherwise. */
  readonly cpuMicros: readonly number[];
  /** Milliseconds, of every request. */
  readonly latencies: readonly number[];
};

export type ThroughputOptions = {
  readonly connections: readonly number[];
  /** How often each contender has its turn; those before, which warm it up, do not count. */
  readonly rounds: number;
  /** Claims in a round, and the size of the pool; 20,000 without it, which is over before the first lease ends. */
  readonly claims?: number;
  /** Leaves Prism out where it is false: it would have to be installed. */
  readonly prism?: boolean;
  readonly signal?: AbortSignal;
};

const warmUpRounds = 4;

/** The names of the lines. */
export const contender = {
  ours: 'cycle-scheduler start',
  bare: 'bare Express 5',
  lean: 'bare Express 5 without ETag',
  validator: 'express-openapi-validator alone',
  prism: 'Prism 5, mock',
} as const;

/**
 * Claims a second, beside servers that answer the same text to the same bytes and do less, or less well. Contenders take
 * turns, each in a process of its own and with both cores to itself and to the load. Every claim of a round is another
 * instance's; between rounds the emulator is reset, and that is not measured.
 *
 * @returns `missing`: why Prism has no line, where it could not be installed
 */
export const measureThroughput = async (
  options: ThroughputOptions,
): Promise<{ readonly lines: readonly Throughput[]; readonly missing: string | null }> => {
  const { connections, rounds, claims = 20_000, prism = true, signal } = options;
  await using started = new AsyncDisposableStack();
  const emulator = started.use(await startOurs(claims));
  const answer = await answerOf(emulator);
  const contenders = new Map<string, Contender>([
    [contender.bare, started.use(await startExpress(answer))],
    [contender.lean, started.use(await startExpress(answer, 'lean'))],
    [contender.validator, started.use(await startExpress(answer, 'validated'))],
    [contender.ours, emulator],
  ]);
  const missing = !prism
    ? null
    : await startPrism().then(
        (mock) => {
          contenders.set(contender.prism, started.use(mock));
          return null;
        },
        (error: Error) => `Prism could not be started: ${error.message}`,
      );

  const lines: Throughput[] = [];
  for (const count of connections) {
    const loads = new Map([...contenders.keys()].map((name) => [name, [] as (Load & { cpuMicros: number })[]]));
    for (let round = -warmUpRounds; round < rounds; round += 1) {
      for (const [name, server] of contenders) {
        signal?.throwIfAborted();
        const before = server.cpuMs();
        const load = await loadWith({ port: server.port, request: claimRequest, count: claims, connections: count });
        const cpuMicros = ((server.cpuMs() - before) / claims) * 1_000;
        await server.forget();
        if (round >= 0) loads.get(name)?.push({ ...load, cpuMicros });
      }
    }
    for (const [name, measured] of loads) {
      const latencies = measured.flatMap((load) => load.latencies);
      lines.push({
        name,
        connections: count,
        perSecond: measured.map(({ perSecond }) => perSecond),
        cpuMicros: measured.map((load) => load.cpuMicros),
        latencies,
      });
    }
  }
  return { lines, missing };
};
