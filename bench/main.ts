// npm run bench: prints what the documentation promises, measured here and now.
import { measureClaims } from './claim.ts';
import { quantile } from './measure.ts';
import { measurePool } from './pool.ts';
import { measureSpawns } from './spawn.ts';
import { contender, measureThroughput } from './throughput.ts';

const spawns = await measureSpawns({ rounds: 50, atOnce: 24 });
for (const [title, key] of [
  ['one at a time', 'alone'],
  ['24 at once', 'together'],
] as const) {
  console.log(`From a spawn to the function's first instruction, ${title} (milliseconds):`);
  const bare = spawns[0]?.[key].p50 ?? Number.NaN;
  const round = (value: number, digits = 1): number => Number(value.toFixed(digits));
  console.table(
    spawns.map(({ way, [key]: { p50, p95, p99 } }) => ({
      way,
      p50: round(p50),
      p95: round(p95),
      p99: round(p99),
      'of bare p50': round(p50 / bare, 3),
    })),
  );
}

console.log('A claim over HTTP, by pool size (simulated runtime):');
console.table(await measureClaims([10, 1_000, 10_000]));

console.log('1,000 containers made in advance, beside bare creates with the same concurrency (seconds):');
const { bare, ours, ratio } = await measurePool(1_000);
console.table({ bare, ours });
console.log(`ratio to bare creates: ${ratio.toFixed(2)}`);

console.log('Claims a second, beside servers that answer the same (latencies in milliseconds):');
const { lines, missing } = await measureThroughput({ connections: [10, 50], rounds: 5 });
const medianOf = (name: string, connections: number): number =>
  quantile(lines.find((line) => line.name === name && line.connections === connections)?.perSecond ?? [], 0.5);
console.table(
  lines.map(({ name, connections, latencies }) => ({
    name,
    connections,
    perSecond: Math.round(medianOf(name, connections)),
    'of bare': Number((medianOf(name, connections) / medianOf(contender.bare, connections)).toFixed(2)),
    p50: Number(quantile(latencies, 0.5).toFixed(2)),
    p99: Number(quantile(latencies, 0.99).toFixed(2)),
  })),
);
if (missing !== null) console.log(missing);
