import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startCli } from '../../../test/support/cli-process.ts';
import { init } from './init.ts';

const folderWith = (files: Readonly<Record<string, string>>): string => {
  const folder = mkdtempSync(join(tmpdir(), 'cycle-init-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
};

const dockerfile = { Dockerfile: 'FROM busybox:1.37\nEXPOSE 8080\n' };
const compose = { 'compose.yaml': `services: { job: { build: ., environment: ["KEY=\${KEY}"], tty: true } }` };

describe('init', () => {
  it('writes a stack beside the Compose file, says what it leaves out, and checks it', async () => {
    const folder = folderWith({ ...dockerfile, ...compose });
    using cli = startCli(['init', folder]);
    const { code, stdout } = await cli.ended;
    expect(code).toBe(0);
    expect(stdout).toContain('  services.job.tty: a Compose field that a stack has no field for\n');
    expect(stdout).toContain('{{key}} for KEY');
    expect(stdout).toMatch(/^Next: npx cycle-scheduler start \S+\/stack\.yaml --var key=…$/m);
    expect(stdout).toContain(`${folder}/stack.yaml is a valid stack.`);
    const text = readFileSync(join(folder, 'stack.yaml'), 'utf8');
    expect(text).toMatch(/^# yaml-language-server: \$schema=node_modules\/cycle-scheduler\/stack\.schema\.json\n/);
    expect(text).toContain('KEY: "{{key}}"');
    await expect(init(folder, { force: false })).rejects.toThrow(/stack\.yaml: it exists\. Give --force/);
    using again = startCli(['init', folder, '--force']);
    expect((await again.ended).code).toBe(0);
  });

  it('ends with a line that works as printed', async () => {
    const folder = folderWith({
      ...dockerfile,
      'compose.yaml': `services: { job: { build: ., environment: ["KEY={{x}}"] } }`,
    });
    const output = join(folderWith({}), 'the stack.yaml');
    using cli = startCli(['init', folder, '--output', output]);
    const { code, stdout } = await cli.ended;
    expect(code).toBe(0);
    const [, options = ''] = /^Next: npx cycle-scheduler start (.*)$/m.exec(stdout) ?? [];
    expect(options).toBe(`'${output}' --root ${folder} --var 'two-braces={{'`);
    using check = startCli(['check', output, '--root', folder, '--var', 'two-braces={{']);
    expect((await check.ended).code).toBe(0);
  });

  it('puts in quotes what YAML 1.1 takes for something else than text', async () => {
    const environment = { A: 'yes', B: 'on', C: '12:30', D: '1_000', E: '2024-01-01' };
    const folder = folderWith({
      ...dockerfile,
      'compose.yaml': JSON.stringify({ services: { job: { build: '.', environment } } }),
    });
    const output = join(folder, 'stack.yaml');
    await init(folder, { output, force: false });
    expect(parse(readFileSync(output, 'utf8'), { version: '1.1' }).containers.job.config.runtime).toEqual({
      environment_vars: environment,
    });
  });

  it('says why it writes a short grace for a function over HTTP', async () => {
    const folder = folderWith(dockerfile);
    const output = join(folder, 'stack.yaml');
    await init(folder, { output, force: false });
    expect(readFileSync(output, 'utf8')).toMatch(
      /shutdown:\n +# How long a process that ignores SIGTERM.*\n(?: +# .*\n)+ +graceful_timeout: 1s\n/,
    );
  });

  it('prints the stack alone with --output -', async () => {
    const folder = folderWith(dockerfile);
    using cli = startCli(['init', folder, '--output', '-']);
    const { code, stdout } = await cli.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^# yaml-language-server[\s\S]*strategy: function[\s\S]*secret: local-secret/);
    expect(stdout).not.toContain('Wrote');
  });

  it.each([
    ['a folder without either', {}, /there is none of compose\.yaml, .*, Dockerfile in it\. Name a Compose file/],
    ['a file without services', { 'compose.yaml': 'a: 1' }, /this is no Compose file, expected services/],
    [
      'an alias in itself',
      { 'compose.yaml': 'services: &s { a: { labels: *s } }' },
      /an alias inside of what it stands for/,
    ],
    [
      'a stack',
      { 'compose.yaml': 'version: "1.0"\ncontainers: {}\nservices: { scheduler: { config: {} } }' },
      /compose\.yaml: it is a stack already, for it has containers\. Give it to cycle-scheduler start/,
    ],
    ['no YAML', { 'compose.yml': 'services: {' }, /compose\.yml:1:.* not valid YAML/],
    [
      'a Dockerfile that is not there',
      { 'compose.yaml': 'services: { a: { build: . } }' },
      /Dockerfile does not exist/,
    ],
  ])('fails in one message for %s', async (_, files, expected) => {
    await expect(init(folderWith(files), { output: '-', force: false })).rejects.toThrow(expected);
  });

  it('names a source that is not there', async () => {
    await expect(init('/no/such', { force: false })).rejects.toThrow(
      /Failed to make a stack of \/no\/such: there is no/,
    );
  });
});
