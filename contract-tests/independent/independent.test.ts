import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import pLimit from 'p-limit';
import { expect, test } from 'vitest';
import { runContract } from '../suites/index.ts';

type Target = {
  readonly url: string;
  readonly key: string;
  readonly containers: readonly string[];
  readonly nonFunction: string;
  readonly flags: readonly string[];
};

/** A variant of the independent scheduler in a process of its own; `node run.mjs --list` names all of them. */
const startVariant = async (name: string): Promise<AsyncDisposable & { readonly target: Target }> => {
  const child = spawn(process.execPath, [`${import.meta.dirname}/run.mjs`, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return {
    target: JSON.parse(line) as Target,
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await ended;
    },
  };
};

/** What waits for leases and time-outs takes real minutes here; the variants of the reference scheduler, whose time can be moved, try that. */
const waiting = ['LEASE', 'TURN', 'LINE', 'TIME', 'POOL-001', 'POOL-004', 'CLAIM-010', 'EXPLORE'];

/** Each keeps what the public texts say; what it is warned of stands in its author's own description. */
const variants = {
  'v01-other-codes': ['ADDRESS-005', 'ADDRESS-006', 'ADDRESS-007', 'ADDRESS-008'],
  'v07-same-token-same-instance': ['CLAIM-004'],
  'v17-proxied': [],
  'v18-go-server': [],
  'v25-extra-fields': [],
  'v35-bare-errors': [],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Runs work more than they wait. */
const limit = pLimit(2);

const judge = async (name: string) => {
  await using variant = await startVariant(name);
  const { url, key, containers, nonFunction } = variant.target;
  const { verdict, cases } = await runContract({
    url,
    accessKey: key,
    containers,
    nonFunctionContainer: nonFunction,
    skip: waiting,
    callback: { mode: 'off' },
    ledgerFolder: false,
  });
  return [name, { verdict, warnings: cases.filter(({ outcome }) => outcome === 'warn').map(({ id }) => id) }] as const;
};

test('schedulers written from the public texts alone conform with each choice that the texts leave open', async () => {
  const names = Object.keys(variants);
  const judged = await Promise.all(names.map((name) => limit(() => judge(name))));
  expect(Object.fromEntries(judged)).toEqual(
    Object.fromEntries(Object.entries(variants).map(([name, warnings]) => [name, { verdict: 'conforms', warnings }])),
  );
}, 240_000);
