#!/usr/bin/env node
const oldestNode = 24;

if (Number.parseInt(process.versions.node, 10) < oldestNode) {
  process.stderr.write(
    `cycle-scheduler: Failed to start: this is Node ${process.versions.node}. Use Node ${oldestNode} or newer.\n`,
  );
  process.exitCode = 1;
} else {
  // Both loaded only now: an older Node could not even read them.
  const { enableCompileCache } = await import('node:module');
  // In the system's folder for temporary files: it spares every later start a third of its time.
  enableCompileCache();
  const { runCli } = await import('./run-cli.ts');
  process.exitCode = await runCli(process.argv);
}
