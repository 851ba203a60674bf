// npm run bench: prints what the documentation promises, measured here and now.
import { measureClaims } from './claim.ts';
import { measurePool } from './pool.ts';

console.log('A claim over HTTP, by pool size (simulated runtime):');
console.table(await measureClaims([10, 1_000, 10_000]));

console.log('1,000 containers made in advance, beside bare creates with the same concurrency (seconds):');
const { bare, ours, ratio } = await measurePool(1_000);
console.table({ bare, ours });
console.log(`ratio to bare creates: ${ratio.toFixed(2)}`);
