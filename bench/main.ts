// npm run bench: prints what the documentation promises, measured here and now.
import { measureClaims } from './claim.ts';
import { measurePool } from './pool.ts';
import { measureSpawns } from './spawn.ts';

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
