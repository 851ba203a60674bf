#!/usr/bin/env node
import { findUnsupportedNode } from '../shared/supported-node.ts';

const reason = findUnsupportedNode();
if (reason !== null) {
  process.stderr.write(`cycle-scheduler: Failed to start: ${reason}\n`);
  process.exitCode = 1;
} else {
  // Both loaded only now: an older Node could not even read them.
  const { enableCompileCache } = (await import('node:module')) as Partial<typeof import('node:module')>;
  // In the system's folder for temporary files: it spares every later start a third of its time. Deno has none.
  enableCompileCache?.();
  const { runCli } = await import('./run-cli.ts');
  process.exitCode = await runCli(process.argv);
}
