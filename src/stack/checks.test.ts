import { describe, expect, it } from 'vitest';
import { parseJob, parseSample, problemsWith } from '../../test/support/stack/sample.ts';

const readiness = '.config.deploy.readiness_check';
const health = '.config.deploy.health_check';
const given = { command: '/bin/sh "a check.sh"', interval: '10s', timeout: '1m' };
const givenHealth = { ...given, retries: 3, restart: true };
const check = { command: ['/bin/sh', 'a check.sh'], intervalMs: 10_000, timeoutMs: 60_000 };

describe('the fields of health and readiness checks', () => {
  it('are none where the stack has none', () => {
    expect(parseJob({ [readiness]: null }).checks).toEqual({ readiness: null, health: null });
  });

  it('are read without a warning', () => {
    const { functions, warnings } = parseSample({ [readiness]: given, [health]: { ...givenHealth, delay: '5s' } });
    expect(functions[0]?.checks).toEqual({
      readiness: check,
      health: { ...check, retries: 3, delayMs: 5_000, restart: true },
    });
    expect(warnings).toEqual([]);
  });

  it('of health need no delay', () => {
    expect(parseJob({ [health]: givenHealth }).checks.health).toMatchObject({ delayMs: 0 });
  });

  it.each([
    [readiness, {}, ['command', 'interval', 'timeout']],
    [health, {}, ['command', 'interval', 'timeout', 'retries', 'restart']],
  ])('%s need what the schema requires', (path, value, missing) => {
    expect(problemsWith({ [path]: value })).toEqual(
      missing.map((name) => expect.stringContaining(`containers.job${path}.${name}: missing, expected `)),
    );
  });

  it.each<[string, unknown, string]>([
    ['command', '', 'got an empty string, expected a command such as "/bin/sh healthcheck.sh"'],
    ['command', '""', 'got a string (not shown), expected a command such as "/bin/sh healthcheck.sh"'],
    ['command', ['CMD', 'true'], 'got a list, expected a command such as "/bin/sh healthcheck.sh"'],
    ['command', 'sh -c "secret', 'got a string (not shown), expected arguments with every quote closed'],
    ['interval', '0s', 'got "0s", expected a duration above zero, such as "10s"'],
    ['timeout', '0', 'got "0", expected a duration above zero, such as "10s"'],
    ['retries', -1, 'got -1, expected a whole number of at least 0'],
    ['restart', 'yes', 'got "yes", expected true or false: write true'],
  ])('have a problem where %s is %j', (name, value, problem) => {
    expect(problemsWith({ [health]: { ...givenHealth, [name]: value } })).toEqual([
      `containers.job${health}.${name}: ${problem}`,
    ]);
  });
});
