import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../src/shared/package.ts';
import { parseGuide } from './guide-blocks.ts';

/** What the tests of the guide that need nothing printed in a container are called, as a pattern. */
export const simulable = 'gives up a claim|stops a run|reports what happens';

/** What a program prints that has claimed, spawned and released, and asked over HTTP. */
export const served = '200 {"data":{}}';

/** Writes into a project what the guide to integration tests shows, with emulators that need no Docker, and some programs. */
export const writeToolchainFiles = (folder: string): void => {
  const guide = readFileSync(join(packageRoot, 'docs/guides/integration-tests.md'), 'utf8');
  for (const block of parseGuide(guide)) {
    if (block.type !== 'file') continue;
    const text = block.text.replaceAll("stack: 'stack.yaml'", "stack: 'stack.yaml', runtime: 'simulated'");
    writeFileSync(join(folder, block.path), text);
  }
  writeFileSync(join(folder, 'imported.mjs'), `import { startEmulator } from 'cycle-scheduler';\n${program}`);
  writeFileSync(join(folder, 'required.cjs'), `const { startEmulator } = require('cycle-scheduler');\n${program}`);
  writeFileSync(join(folder, 'watched.mjs'), watched);
  writeFileSync(join(folder, 'use.ts'), use);
  writeFileSync(join(folder, 'fails.jest.test.js'), failing);
};

const program = `
const claim = async () => {
  const emulator = await startEmulator({ stack: 'stack.yaml', runtime: 'simulated' });
  const claim = await emulator.claim('job');
  await claim.spawn();
  await claim.release();
  const path = '/v1/functions/' + emulator.function('job').id + '/active';
  const response = await fetch(emulator.url + path, { headers: { 'X-CYCLE-ACCESS-KEY': emulator.accessKey } });
  console.log(response.status, (await response.text()).trim());
  // Its code is loaded only here.
  await emulator.reload();
  await emulator.stop();
};
void claim();
`;

const failing = `
import { setUpEmulator } from 'cycle-scheduler/jest';
const emulator = setUpEmulator({ stack: 'stack.yaml', runtime: 'simulated' });
test('fails', async () => {
  await emulator().claim('job');
  throw new Error('on purpose');
});
`;

/** A watchdog comes with Docker only; it watches the session of its order. */
const watched = `
import { startWatchdog } from './node_modules/cycle-scheduler/dist/src/runtime/watchdog/start-watchdog.js';
const watchdog = startWatchdog({ session: 'none', endpoint: {} }, (reason) => console.log(reason));
await watchdog[Symbol.asyncDispose]();
console.log('dismissed');
`;

/** All entry points but Vitest's, whose own types need Node's. */
const use = `
import { type Emulator, startEmulator } from 'cycle-scheduler';
import { runContract } from 'cycle-scheduler/contract';
import { setUpEmulator } from 'cycle-scheduler/jest';
import { setUpEmulator as setUp } from 'cycle-scheduler/node-test';

export const portOf = async (): Promise<number> => {
  const emulator: Emulator = await startEmulator({ stack: 'stack.yaml' });
  await emulator.stop();
  return emulator.port;
};
export const others = [runContract, setUpEmulator, setUp];
// @ts-expect-error: what is missing is found, so the types are really there
void startEmulator({});
`;

/** The strictest there is, in a project that has the types of nothing but its own language. */
export const writeCompilerOptions = (folder: string, module: string, moduleResolution: string): void => {
  const strict = { strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, types: [] };
  const compilerOptions = { noEmit: true, target: 'es2022', lib: ['es2022'], module, moduleResolution, ...strict };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.ts'] }));
};
