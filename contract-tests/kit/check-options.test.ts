import { describe, expect, test } from 'vitest';
import { allCases } from '../suites/all.ts';
import { runContract } from '../suites/index.ts';
import { toSettings } from './settings.ts';

const url = 'http://127.0.0.1:1';
const container = '65a0000000000000000000c1';
const sound = { url, accessKey: 'some-key', containers: [container] };

/** As from a program that no compiler has looked at. */
const messageOf = (options: unknown): string => {
  try {
    toSettings(options as never, allCases);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('options of a run', () => {
  test.each([
    [null, 'the options are null. Give an object'],
    ['http://127.0.0.1:1', 'the options are "http://127.0.0.1:1"'],
    [{ ...sound, containers: container }, `option "containers" is "${container}". Give a list`],
    [{ ...sound, containers: [7] }, 'option "containers" has 7'],
    [{ ...sound, containers: [] }, 'option "containers" is empty'],
    [{ ...sound, containers: [container, container] }, `container ${container} is given twice`],
    [{ ...sound, nonFunctionContainer: container }, 'is given as a function and as none'],
    [{ ...sound, accessKey: 7 }, 'option "accessKey" is a number (not shown)'],
    [{ ...sound, accessKey: 'hunter2\n' }, 'option "accessKey" is no access key: it has a line break'],
    [{ ...sound, accessKey: ' hunter2' }, 'option "accessKey" is no access key: it begins or ends with a blank'],
    [{ ...sound, accessKey: '' }, 'option "accessKey" is no access key: it is empty'],
    [{ ...sound, only: 'ACCESS-001' }, 'option "only" is "ACCESS-001". Give a list'],
    [{ ...sound, only: [] }, 'option "only" is empty'],
    [{ ...sound, only: [''] }, 'option "only" has an empty string'],
    [{ ...sound, strict: 'yes' }, 'option "strict" is "yes". Give true or false'],
    [{ ...sound, bounds: 7 }, 'option "bounds" is 7'],
    [{ ...sound, bounds: { maxClaims: '7' } }, 'option "bounds.maxClaims" is "7"'],
    [{ ...sound, bounds: { maxClaim: 7 } }, 'no option "bounds.maxClaim", did you mean "maxClaims"'],
    [{ ...sound, callback: { mode: 'on' } }, 'option "callback.mode" is "on"'],
    [{ ...sound, callback: { url: 'nowhere' } }, 'option "callback.url" is "nowhere"'],
    [{ ...sound, container: [container] }, 'no option "container", did you mean "containers"'],
    [{ ...sound, advanceClock: 5 }, 'option "advanceClock" is 5'],
    [{ ...sound, signal: {} }, 'option "signal" is an object'],
    [{ ...sound, knownDifferences: [{ id: 'LINE-002' }] }, 'option "knownDifferences" has an object'],
    [{ ...sound, ledgerFolder: true }, 'option "ledgerFolder" is true'],
    [{ ...sound, settleMs: Number.NaN }, 'option "settleMs" is NaN'],
  ])('%j are refused by name', (options, reason) => {
    const message = messageOf(options);
    expect(message).toContain(`Failed to run the contract: ${reason.startsWith('option') ? reason : ''}`);
    expect(message).toContain(reason);
  });

  test('are refused for all that is wrong with them at once, a line each', () => {
    const lines = messageOf({ url: 'nowhere', level: 'all', seed: -1 }).split('\n');
    expect(lines).toHaveLength(6);
    expect(lines[0]).toBe('Failed to run the contract: 5 settings are wrong.');
  });

  test('that are undefined are left out', () => {
    expect(messageOf({ ...sound, only: undefined, bounds: undefined, colour: undefined })).toBe('');
  });

  test('are refused by runContract, too', async () => {
    await expect(runContract({ url } as never)).rejects.toMatchObject({ code: 'ERR_BAD_OPTION' });
  });

  test('have the names of the settings that gave them, in the units of these', () => {
    const sources = { timeout: 'CYCLE_CONTRACT_TIMEOUT', 'max-claims': '--max-claims' };
    const message = messageOf({ ...sound, requestTimeoutMs: 2 ** 40, bounds: { maxClaims: 1.5 }, sources });
    expect(message).toContain('--max-claims is 1.5');
    expect(message).toContain('CYCLE_CONTRACT_TIMEOUT is 1099511627.776');
    expect(messageOf({ url, sources })).toContain('--access-key is missing');
  });
});

describe('options without effect on the cases of a run are refused:', () => {
  test.each([
    [{ level: 'probe', exploreSeconds: 3 }, '"exploreSeconds" has no effect'],
    [{ only: ['ACCESS-001'], exploreSeconds: 3 }, '"exploreSeconds" has no effect'],
    [{ level: 'claim', seed: 3, exploreSeconds: 0 }, '"seed" has no effect'],
    [{ level: 'probe', seed: 3 }, '"seed" has no effect'],
    [{ level: 'probe', bounds: { maxClaims: 3 } }, '"bounds.maxClaims" has no effect'],
    [{ level: 'claim', bounds: { maxSpawns: 3 } }, '"bounds.maxSpawns" has no effect'],
    [{ level: 'probe', sources: { 'ends-by-itself': '--ends-by-itself' }, endsByItself: true }, '--ends-by-itself has'],
    [
      {
        only: ['CLAIM'],
        nonFunctionContainer: '0'.repeat(24),
        sources: { 'non-function': 'ours.yaml (non-function)' },
      },
      'ours.yaml (non-function) has no effect',
    ],
    [
      { level: 'claim', callback: { mode: 'required' }, sources: { callback: '--callback' } },
      '--callback has no effect',
    ],
  ])('%j', (options, reason) => {
    expect(messageOf({ ...sound, ...options })).toContain(reason);
  });

  test.each([
    { level: 'probe', exploreSeconds: 0, bounds: { maxClaims: 0, maxSpawns: 0, maxSeconds: 9 } },
    { only: ['EXPLORE-001'], level: 'lifecycle', bounds: { maxSpawns: 3, maxClaims: 3 }, seed: 1, exploreSeconds: 3 },
    { only: ['CLAIM'], nonFunctionContainer: '0'.repeat(24), endsByItself: true, callback: { mode: 'required' } },
  ])('unlike %j', (options) => {
    expect(messageOf({ ...sound, ...options })).toBe('');
  });
});

describe('what is asked for by name', () => {
  test.each([
    [{ only: ['EXPLORE-001'], exploreSeconds: 0 }, '"EXPLORE-001" is to be run, and there is no time to explore'],
    [{ only: ['EXPLORE', 'CLAIM'], exploreSeconds: 0 }, '"EXPLORE" is to be run, and there is no time to explore'],
    [{ only: ['EXPLORE-001'], skip: ['EXPLORE'] }, 'to be run and to be skipped'],
    [{ only: ['LEASE-003'] }, 'case LEASE-003 is a part of LEASE-007 now. Name LEASE-007'],
    [{ skip: ['NETWORK-001'] }, 'case NETWORK-001 is a part of CLAIM-002 now'],
    [
      { knownDifferences: [{ id: 'RELEASE-009', reason: 'r', date: '2025-06-01' }] },
      'RELEASE-009 is a part of ODD-007',
    ],
    [{ only: ['CLIAM-001'] }, 'no case is called "CLIAM-001", did you mean "CLAIM-001"'],
    [{ only: ['LEASE-001'], level: 'probe' }, '"LEASE-001" needs the level disruptive'],
    [
      { skip: [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].filter((one) => allCases.some(({ id }) => id.startsWith(one))) },
      'left to run',
    ],
  ])('%j is not among the cases, and the error gives the reason', (options, reason) => {
    expect(messageOf({ ...sound, ...options })).toContain(reason);
  });
});
