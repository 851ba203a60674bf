import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../emulator/start-emulator.ts';
import { packageRoot } from '../shared/package.ts';

const run = promisify(execFile);

/** An example, and what it shows of its answer. */
type Example = { readonly heading: string; readonly script: string; readonly shown: unknown };

const text = readFileSync(join(packageRoot, 'docs', 'control-api.md'), 'utf8');

const examples: readonly Example[] = text.split('\n## ').flatMap((section) => {
  const heading = section.split('\n')[0] ?? '';
  return [...section.matchAll(/```sh\n(.*?)```(?:\n\n```json\n(.*?)```)?/gs)].map(([, script = '', json]) => ({
    heading,
    script,
    shown: json === undefined ? undefined : JSON.parse(json),
  }));
});

/** Keys and types: what a reader learns from an example, without its values. */
const shapeOf = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]));
};

describe('docs/control-api.md', () => {
  let emulator: Emulator;
  const [setup, ...rest] = examples;
  const directory = mkdtempSync(join(tmpdir(), 'cycle-control-docs-'));

  beforeAll(async () => {
    emulator = await startEmulator({ stack: join(packageRoot, 'fixtures', 'hello.yaml') });
  });
  afterAll(() => emulator.stop());

  it.each(rest)('is right about "$heading": $script', async ({ script, shown }) => {
    const env = { ...process.env, EMULATOR: emulator.url, CYCLE_ACCESS_KEY: emulator.accessKey };
    const whole = `set -euo pipefail\n${setup?.script}\n${script}`;
    const { stdout } = await run('bash', ['-c', whole], { cwd: directory, env, timeout: 30_000 });
    if (shown === undefined) return;
    // Of several answers the last is shown.
    const last = JSON.parse(`[${stdout.trim().replaceAll('}{', '},{')}]`).at(-1);
    expect(shapeOf(last)).toEqual(shapeOf(shown));
  });

  it('names every event of an emulator', async () => {
    const named = new Set<string>();
    emulator.events.subscribe(({ name }) => named.add(name));
    const claim = await emulator.claim('hello');
    await claim.spawn();
    await claim.release();
    await emulator.claim('hello');
    await emulator.clock.advance(10_000);
    expect(named.size).toBeGreaterThan(4);
    for (const name of named) expect(text).toContain(`\`${name}\``);
  });
});
