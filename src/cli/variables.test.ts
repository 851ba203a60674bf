import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { startCli } from '../../test/support/cli-process.ts';
import { smallest } from '../../test/support/stack/sample.ts';

const directory = mkdtempSync(join(tmpdir(), 'cycle-variables-'));
const stack = join(directory, 'stack.yaml');
writeFileSync(
  stack,
  stringify(smallest).replace('instances: 1', 'instances: {{n-1}}').replace('local-secret', '{{key}}'),
);
const values = join(directory, 'values.json');
writeFileSync(values, '{"n-1": 3, "key": "hunter2-file", "other": 1}');

const run = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  using cli = startCli(args, env);
  return await cli.ended;
};

const instancesOf = (stdout: string): unknown => JSON.parse(stdout).functions[0].pool.instances;

describe('stack variables on the command line', () => {
  it.each([
    [['--var', 'n-1=2', '--var-file', values], {}, 2],
    [['--var-file', values], { CYCLE_STACK_VAR_N_1: '4' }, 3],
    [[], { CYCLE_SCHEDULER_VAR_FILE: values }, 3],
    [['--var', 'key=hunter2'], { CYCLE_STACK_VAR_N_1: '4' }, 4],
  ])('of check %j with %j give %d', async (args, env, instances) => {
    const { code, stdout, stderr } = await run(['check', stack, ...args, '--json'], env);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(instancesOf(stdout)).toBe(instances);
    expect(stdout).not.toContain('hunter2');
  });

  it('without values are problems with their places, and the flags that give them', async () => {
    const { code, stderr } = await run(['check', stack]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /stack\.yaml:\d+:\d+ containers\.job\.config\.deploy\.instances: the variable \{\{n-1\}\} has no value: give --var n-1=…/,
    );
    expect(stderr).toMatch(/access_keys\[0\]\.secret: the variable \{\{key\}\} has no value/);
  });

  it.each([['hunter2'], ['=hunter2'], ['Key=hunter2']])('are bad usage where --var is %s', async (argument) => {
    const { code, stderr } = await run(['check', stack, '--var', argument]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^cycle-scheduler: Failed to read --var: /);
    expect(stderr).not.toContain('hunter2');
  });

  it('of start count as those of check', async () => {
    using cli = startCli(['start', stack, '--port', '0', '--runtime', 'simulated', '--var-file', values]);
    await cli.line(/^ready http/);
    cli.child.kill('SIGTERM');
    const { code, stdout } = await cli.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^job\s+\w+\s+3 /m);
  });

  it.each([
    [['--var-file', ''], {}],
    [[], { CYCLE_SCHEDULER_VAR_FILE: '' }],
  ])('have no file of an empty name: %j %j', async (args, env) => {
    const { code, stderr } = await run(['check', stack, ...args], env);
    expect(code).toBe(1);
    expect(stderr).toBe(
      'cycle-scheduler: Failed to read the stack variables of --var-file "": it is empty. Name a file of values by name, or leave it out.\n',
    );
  });

  it('that start waits for in a pipe do not keep it from stopping', async () => {
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    using cli = startCli(['start', stack, '--port', '0', '--runtime', 'simulated', '--var-file', pipe]);
    // Opens once start has opened the other end.
    await using _writer = await open(pipe, 'w');
    cli.child.kill('SIGTERM');
    expect(await cli.ended).toEqual({ code: 0, stdout: 'stopped\n', stderr: '' });
  });

  it('of contract count for the emulator that it starts', async () => {
    const args = ['contract', '--stack', stack, '--runtime', 'simulated', '--only', 'ACCESS-001', '--var', 'n-1=1'];
    // Vitest sets BASE_URL, which the suite takes for a scheduler's.
    const { stderr } = await run(args, { BASE_URL: '' });
    expect(stderr).toContain('the variable {{key}} has no value');
    expect(stderr).not.toContain('{{n-1}} has no value');
  });

  it('of doctor count for the images it looks for', async () => {
    const { stdout } = await run(['doctor', stack, '--var', 'n-1=1', '--docker', 'tcp://127.0.0.1:1', '--port', '0']);
    expect(stdout).toContain('the variable {{key}} has no value');
    expect(stdout).not.toContain('{{n-1}} has no value');
  });
});
