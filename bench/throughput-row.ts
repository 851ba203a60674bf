import type { Lines, Row, Target } from './row.ts';
import type { Sampled } from './samples.ts';
import { contender, measureThroughput } from './throughput.ts';

const connections = [10, 50] as const;

const perSecond = (name: string, count: number): string => `${name}, ${count} connections`;
const latency = (name: string, count: number): string => `latency in ms: ${perSecond(name, count)}`;
const processorTime = (name: string, count: number): string => `processor time in µs: ${perSecond(name, count)}`;

const atLeast = (least: number, peer: string): Target => ({
  says: `${contender.ours} ≥ ${least} × ${peer}, at ${connections.join(' and ')} connections`,
  isMet: (line: Lines) =>
    connections.every(
      (count) => line(perSecond(contender.ours, count)).p50 >= least * line(perSecond(peer, count)).p50,
    ),
});

export const throughputRow: Row = {
  key: 'b',
  title: 'Claims a second',
  unit: 'claims/s',
  limits:
    'Every contender answers the same text to the same bytes, and the emulator decides on it: access key, a compiled check ' +
    'of the request, the rules, a compiled check of the answer, and a line of the log. What is slower than bare Express is ' +
    'that. By profile a quarter of the emulator’s time is the kernel’s write to the socket, which all have, and the rest has ' +
    'no large part any more: the rules and the line of waiting claims have a twelfth, the log a fourteenth, the garbage ' +
    'collector a fifteenth, the checks and making JSON a twentieth each. As it comes Express makes an ETag of each answer; ' +
    'without, as the emulator has it, it is faster. Here p50 is the median of the rounds.',
  targets: [atLeast(0.75, contender.bare), atLeast(3, contender.prism)],
  measure: async ({ short, signal }) => {
    const extent = short ? { rounds: 1, claims: 1_000, prism: false } : { rounds: 5, claims: 10_000, prism: true };
    const { lines, missing } = await measureThroughput({ connections, signal, ...extent });
    if (missing !== null) console.error(missing);
    const beside = (toName: typeof perSecond, name: string, count: number) =>
      name === contender.bare ? {} : { beside: toName(contender.bare, count) };
    const rows = (
      toName: typeof perSecond,
      samplesOf: (line: (typeof lines)[number]) => readonly number[],
    ): Sampled[] =>
      lines.map((line) => ({
        name: toName(line.name, line.connections),
        samples: samplesOf(line),
        ...beside(toName, line.name, line.connections),
      }));
    return [
      ...rows(perSecond, (line) => line.perSecond),
      ...rows(latency, (line) => line.latencies),
      ...rows(processorTime, (line) => line.cpuMicros),
      // Where it could not be installed its target counts as missed, and the table says that nothing was measured.
      ...(missing === null
        ? []
        : connections.map((count) => ({ name: perSecond(contender.prism, count), samples: [] }))),
    ];
  },
};
