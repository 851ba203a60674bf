import { expect, it } from 'vitest';
import { startCli } from '../../test/support/cli-process.ts';

/** The warnings of a start that is stopped as soon as it is ready. */
const warningsOf = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  using cli = startCli(['start', '--runtime', 'simulated', '--port', '0', '--log-level', 'silent', ...args], env);
  await cli.line(/^ready /);
  cli.child.kill('SIGTERM');
  return (await cli.ended).stderr.split('\n').filter((line) => line.includes('warning'));
};

it('flags without effect on a simulation give a warning, in any order', async () => {
  expect(await warningsOf(['--no-watchdog', '--pull', 'never', '--gateway-port', '0', '--hot', '1'])).toEqual([
    'cycle-scheduler: warning: --gateway-port has no effect, since the simulated runtime runs no containers',
    'cycle-scheduler: warning: --pull has no effect, since the simulated runtime runs no containers',
    'cycle-scheduler: warning: --no-watchdog has no effect, since the simulated runtime runs no containers',
  ]);
});

it('flags of a control API that is not served give a warning', async () => {
  expect(await warningsOf(['--no-control', '--recording-limit', '1M'])).toEqual([
    'cycle-scheduler: warning: --recording-limit has no effect, since --no-control serves no control API',
  ]);
});

it('variables of settings that another setting makes idle give no warning', async () => {
  expect(await warningsOf([], { CYCLE_SCHEDULER_PULL: 'never', CYCLE_SCHEDULER_GATEWAY_URL: 'http://x' })).toEqual([]);
});

it('a variable that no setting has gives a warning with the name that was likely meant', async () => {
  expect(await warningsOf([], { CYCLE_SCHEDULER_PROT: '1', CYCLE_SCHEDULER_ZZZZZZ: '' })).toEqual([
    'cycle-scheduler: warning: no setting has the variable CYCLE_SCHEDULER_PROT, so it is ignored, did you mean "CYCLE_SCHEDULER_PORT"?',
    'cycle-scheduler: warning: no setting has the variable CYCLE_SCHEDULER_ZZZZZZ, so it is ignored',
  ]);
});
