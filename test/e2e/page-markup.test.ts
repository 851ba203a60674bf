import { expect, test } from 'vitest';
import { startEmulator } from '../../src/emulator/start-emulator.ts';
import { useBrowser } from '../support/browser.ts';
import { callerOf } from '../support/caller.ts';
import { sendRaw } from '../support/http/raw-request.ts';
import { openPage, views } from '../support/page.ts';
import { accessKey, sampleStack } from '../support/sample-stack.ts';

const browser = useBrowser();

// As a function's name, hostname or domain it is refused: those are letters, digits, dots and hyphens.
const canary = '<img src=x onerror=canary=1>';

test('markup in a variable, token, path, header, fault or error is shown as text, and does nothing', async () => {
  const stack = sampleStack({ hello: { instances: 3, environment: { GREETING: canary } } });
  await using emulator = await startEmulator({ stack, runtime: 'simulated' });
  const caller = callerOf(emulator);
  const instanceId = await caller.claimed(`token ${canary}`);
  await caller.spawn(instanceId, { NAME: canary, CYCLE_SIMULATED_FAIL_START: canary }, `token ${canary}`);
  await caller.release(canary, `token ${canary}`);
  const headers = `Host: ${canary}\r\nX-CYCLE-ACCESS-KEY: ${accessKey}\r\nUser-Agent: ${canary}\r\nConnection: close`;
  await sendRaw(emulator.port, `GET /v1/functions/<img/src=x/onerror=canary=1> HTTP/1.1\r\n${headers}\r\n\r\n`);
  await fetch(`${emulator.url}/v1/functions/${encodeURIComponent(canary)}/active`);
  emulator.faults.add({ id: canary, match: { token: canary }, effect: { type: 'startFailure' } });

  await using visit = await openPage(browser, emulator, { mayLog: /40[04]/ });
  const { page } = visit;
  const shown: string[] = [];
  const look = async (): Promise<void> => {
    shown.push(await page.locator('body').innerText());
    expect(await page.locator('img').count()).toBe(0);
  };
  for (const view of views) {
    await visit.show(view);
    await look();
  }
  await visit.show(`functions?instance=${instanceId}`);
  await look();
  await visit.show('requests');
  await page.getByRole('group', { name: 'Requests' }).getByText('spawn').click();
  await page.getByLabel('Request', { exact: true }).filter({ hasText: canary }).waitFor();
  await look();
  await visit.show('faults');
  await page.locator('main tbody tr').filter({ hasText: canary }).waitFor();
  await look();
  expect(shown.filter((text) => text.includes(canary)).length).toBeGreaterThanOrEqual(3);
  expect(await page.evaluate('typeof canary')).toBe('undefined');
});
