import { expect, test } from 'vitest';
import { driveScript } from '../../test/support/drive-script.ts';
import { accessKey, sampleStack } from '../../test/support/sample-stack.ts';
import { startEmulator } from '../index.ts';

const start = () =>
  startEmulator({
    stack: sampleStack({ caller: { command: { path: 'sh', args: `-c 'eval "$SCRIPT"'` } }, called: {} }),
  });

test('the env-scheduler address lets a function claim, spawn and release another one', async () => {
  await using emulator = await start();
  const called = emulator.function('called');
  const { exitCode, logs } = await emulator.invoke('caller', {
    env: { SCRIPT: driveScript, URL: emulator.functionsUrl ?? '', KEY: accessKey, FUNCTION: called.id },
  });
  expect(logs.text).toBe(`released ${called.instances()[0]?.id}\n`);
  expect(exitCode).toBe(0);
});

test('the env-scheduler address asks functions for the access key, too', async () => {
  await using emulator = await start();
  const { logs } = await emulator.invoke('caller', {
    env: { SCRIPT: `wget -q -O - ${emulator.functionsUrl}/v1/functions/${emulator.function('called').id}/active` },
  });
  expect(logs.text).toContain('401');
});
