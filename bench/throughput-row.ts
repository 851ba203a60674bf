import { type Row, type Target, times } from './row.ts';
import type { Sampled } from './samples.ts';
import { contender, measureThroughput } from './throughput.ts';

const connections = [10, 50] as const;

const perSecond = (name: string, count: number): string => `${name}, ${count} connections`;
const latency = (name: string, count: number): string => `latency in ms: ${perSecond(name, count)}`;
const processorTime = (name: string, count: number): string => `processor time in µs: ${perSecond(name, count)}`;

const atLeast = (least: number, peer: string): readonly Target[] =>
  connections.map((count) => times(perSecond(contender.ours, count), '≥', least, perSecond(peer, count)));

export const throughputRow: Row = {
  key: 'b',
  title: 'Claims a second',
  unit: 'claims/s',
  limits:
    'Every contender answers the same text to the same bytes, and the emulator decides on it: access key, ' +
    'express-openapi-validator’s check of the request and of the answer, the rules, and a line of the log. What is slower ' +
    'than the validator alone is the rest of that. As it comes Express makes an ETag of each answer; without, as the ' +
    'emulator has it, it is faster. Here p50 is the median of the rounds.',
  targets: () => [...atLeast(0.6, contender.validator), ...atLeast(1.5, contender.prism)],
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
