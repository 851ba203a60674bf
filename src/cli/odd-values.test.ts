import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startCli } from '../../test/support/cli-process.ts';

const long = 'x'.repeat(100_000);
const nowhere = 'http://127.0.0.1:1';
const key = 'Failed to read the access key: ';
const lineBreak = 'it has a line break or another control character';

/** What the command says, which is to be one line that is not long, with or without the help that follows. */
const refusal = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  const { code, stdout, stderr } = await startCli(args, env).ended;
  const [line = '', ...more] = stderr.trimEnd().split('\n');
  expect({ stdout, more }).toEqual({ stdout: '', more: code === 2 ? expect.any(Array) : [] });
  expect(more.filter((text) => text !== 'See cycle-scheduler --help.')).toEqual([]);
  expect(line.length).toBeLessThan(2_100);
  return { code, line };
};

test.each([
  [['ps', '--access-key', 'hunter2\nhunter2'], {}, `${key}${lineBreak}`],
  [['fetch', 'web', '--access-key', 'hunter2\x7f'], {}, `${key}${lineBreak}`],
  [['replay', 'x.json', '--access-key', 'hunter2\r'], {}, `${key}${lineBreak}`],
  [['ps', '--access-key', ' hunter2'], {}, `${key}it begins or ends with a blank`],
  [['status'], { CYCLE_ACCESS_KEY: 'hunter2\n' }, `${key}${lineBreak}`],
])('%j with %j is bad usage, and shows no key', async (args, env, reason) => {
  const { code, line } = await refusal(args, env);
  expect(line).toContain(reason);
  expect(line).not.toContain('hunter2');
  expect(code).toBe(2);
});

test.each([
  ['contract', 'hunter2\nhunter2\n', lineBreak],
  ['contract cleanup', 'hunter2\nhunter2\n', lineBreak],
  ['contract', '\n', 'it is empty'],
  ['contract cleanup', '\n', 'it is empty'],
])('%s refuses a file with the key %j by its name', async (command, text, fault) => {
  const folder = mkdtempSync(join(tmpdir(), 'cycle-key-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'key');
  writeFileSync(file, text);
  const target = command === 'contract' ? ['--url', nowhere, '--container', 'f'.repeat(24)] : ['--ledger-dir', folder];
  const { code, line } = await refusal([...command.split(' '), ...target, '--access-key-file', file]);
  expect(line).toContain(`${file} is no access key: ${fault}`);
  expect(line).not.toContain('hunter2');
  expect(code).toBe(2);
});

test.each([
  [['ps', '--url', `${nowhere}/\n`], `Failed to read the URL "${nowhere}/\\n": ${lineBreak}.`],
  [['ps', '--url', `${nowhere}/?a=1`], `Failed to read the URL "${nowhere}/": it has a query.`],
  [['ps', '--url', `${nowhere}/?`], `Failed to read the URL "${nowhere}/": it has a query.`],
  [['ps', '--url', `${nowhere}/#`], `Failed to read the URL "${nowhere}/": it goes on with #`],
  [['ps', '--control-url', `${nowhere}\t`], `Failed to read the URL "${nowhere}\\t": ${lineBreak}.`],
  [['fetch', 'web', '/a\nb', '--url', nowhere], 'Failed to fetch "/a\\nb" of web: the path has a line break'],
  [['faults', 'remove', '..', '--url', nowhere], "value '..' is invalid for argument 'id'. Give the ID of a fault"],
  [['scale', 'hello', '1\n2'], "error: command-argument value '1\\n2' is invalid for argument 'instances'."],
  [['stop', '\x1b[31mred'], 'got 1: \\u001b[31mred.'],
  [['prune', '--docker', 'unix:///a\nb'], `Failed to use the Docker endpoint "unix:///a\\nb"`],
])('%j is refused in one line', async (args, reason) => {
  const { line } = await refusal(args);
  expect(line).toContain(reason);
});

test.each([
  ['an access key', ['ps', '--access-key', long], `${key}it is longer than 8192 characters`],
  ['a URL', ['status', '--url', `http://${long}`], 'x…: '],
  ['a value', ['scale', 'hello', long], `error: command-argument value '${'x'.repeat(60)}…' is invalid`],
  ['an argument too many', ['stop', long], 'error: too many arguments'],
])('%s of 100,000 characters is refused in one line', async (_what, args, reason) => {
  expect((await refusal(args)).line).toContain(reason);
});

test('what the parser of arguments advises stays on a line of its own', async () => {
  const { stderr } = await startCli(['ps', '--ulr', nowhere]).ended;
  expect(stderr).toBe("error: unknown option '--ulr'\n(Did you mean --url?)\nSee cycle-scheduler --help.\n");
});
