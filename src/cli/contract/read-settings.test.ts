import { describe, expect, test } from 'vitest';
import { type Given, readConfiguration } from './read-settings.ts';

const read = (given: Partial<Given>) => () => readConfiguration({ flags: {}, environment: {}, ...given });
const inFile = (text: string) => ({ file: { path: 'ours.yaml', text } });

describe('a list without an entry is refused, since it differs from no list:', () => {
  test.each([
    [{ flags: { only: [''] } }, '--only is empty'],
    [{ flags: { only: [' , '] } }, '--only is empty'],
    [{ flags: { only: ['ACCESS-001', ''] } }, '--only is empty'],
    [{ flags: { skip: [''] } }, '--skip is empty'],
    [{ flags: { container: [''] } }, '--container is empty'],
    [{ flags: { var: [''] } }, '--var is empty'],
    [{ environment: { CYCLE_CONTRACT_ONLY: '' } }, 'CYCLE_CONTRACT_ONLY is empty'],
    [{ environment: { CYCLE_CONTRACT_ONLY: ',' } }, 'CYCLE_CONTRACT_ONLY is empty'],
    [inFile('only: []'), 'ours.yaml (only) is empty'],
    [inFile('only: ""'), 'ours.yaml (only) is empty'],
    [inFile('only:'), 'ours.yaml (only) is empty'],
    [inFile('only: [ACCESS-001, ""]'), 'ours.yaml (only) is empty'],
  ])('%j', (given, reason) => {
    expect(read(given)).toThrow(`Failed to read the settings: ${reason}. Give a value, or leave it out.`);
  });
});

describe('a value that is empty', () => {
  test.each([
    [{ flags: { 'report-dir': '' } }, '--report-dir is empty'],
    [{ flags: { url: '' } }, '--url is empty'],
    [{ flags: { 'max-claims': ' ' } }, '--max-claims is " "'],
    [inFile('level:'), 'ours.yaml (level) is empty'],
    [inFile('strict: ""'), 'ours.yaml (strict) is ""'],
  ])('is refused: %j', (given, reason) => {
    expect(read(given)).toThrow(reason);
  });

  test('counts as not set in the environment, where CI systems set it', () => {
    const environment = { CYCLE_CONTRACT_LEVEL: '', BASE_URL: '', CONTAINER_ID: '' };
    expect(read({ environment })()).toEqual({ values: {}, sources: {} });
  });
});

describe('a misspelt name is refused with the nearest one:', () => {
  test.each([
    [
      { environment: { CYCLE_CONTRACT_CONTAINERS: 'x' } },
      'CYCLE_CONTRACT_CONTAINERS, did you mean CYCLE_CONTRACT_CONTAINER.',
    ],
    [{ environment: { CYCLE_CONTRACT_ACESS_KEY: 'x' } }, 'did you mean CYCLE_CONTRACT_ACCESS_KEY.'],
    [{ environment: { CYCLE_CONTRACT_COLOUR: '' } }, 'no setting has the variable CYCLE_CONTRACT_COLOUR.'],
    [inFile('levle: claim'), 'unknown setting "levle", did you mean "level".'],
  ])('%j', (given, reason) => {
    expect(read(given)).toThrow(reason);
  });

  test('not the one of the file itself', () => {
    expect(read({ environment: { CYCLE_CONTRACT_CONFIG: 'ours.yaml' } })).not.toThrow();
  });
});

test('one error names every wrong setting, without secrets', () => {
  const environment = { CYCLE_CONTRACT_LEVLE: 'x', CYCLE_CONTRACT_SEED: 'x', CYCLE_CONTRACT_ACCES_KEY: 'hunter2' };
  const reading = read({ environment, ...inFile('colour: red\nstrict: often\n') });
  expect(reading).toThrow('5 settings are wrong.');
  expect(reading).not.toThrow('hunter2');
});
