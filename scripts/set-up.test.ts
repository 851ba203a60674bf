import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const run = (name: string, args: readonly string[], env: Readonly<Record<string, string>>) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [script(name), ...args], { env: { ...process.env, ...env } }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });

const nowhere = { DOCKER_HOST: 'tcp://127.0.0.1:1' };

it('the set-up says nothing where an engine answers', async () => {
  expect(await run('bare-machine/ensure-docker.ts', [], {})).toEqual({ code: 0, stdout: '', stderr: '' });
});

it('the set-up installs nothing for a chosen endpoint, and says in one line why', async () => {
  const { code, stdout, stderr } = await run('bare-machine/ensure-docker.ts', [], nowhere);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^Failed to reach Docker at tcp:\/\/127\.0\.0\.1:1.*ECONNREFUSED.*\n$/);
});

it('the set-up takes the endpoint of the arguments over that of the environment', async () => {
  const { code, stderr } = await run('start.ts', ['--docker', 'unix:///no/such.sock'], nowhere);
  expect(code).toBe(1);
  expect(stderr).toContain('/no/such.sock');
});

it('the set-up needs no engine for what runs no containers', async () => {
  const { code, stderr } = await run('start.ts', ['/no/such/stack.yaml', '--runtime', 'simulated'], nowhere);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^cycle-scheduler: Failed to read the stack \/no\/such\/stack\.yaml/);
});
