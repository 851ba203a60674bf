import { expect, it } from 'vitest';
import { baseImage } from '../../scripts/bare-machine/base-image.ts';
import { startEmulator } from '../../src/index.ts';
import { containersWith, docker } from '../support/docker-cli.ts';
import { canBeWarm } from '../support/runtime/docker-session.ts';

const secret = 'a secret of 2 lines\nwith ü';
const folder = '/var/run/cycle/variables';

/** The base image has it, and another file in it. */
const sealedFolder = '/etc/app';

const look = [`stat -c '%a %u:%g' ${folder}/plain ${sealedFolder}/key`, `cat ${folder}/plain ${sealedFolder}/key`].join(
  '; ',
);

const container = (readonly = false) => ({
  image: { origin: { type: 'docker-hub', details: { target: baseImage } } },
  config: {
    deploy: { strategy: 'function', instances: 1 },
    runtime: { command: { path: '/bin/sh', args: `-c "${look}"` }, rootfs: { readonly } },
  },
});

const variable = (identifier: string, file: object, value: string) => ({
  identifier,
  scope: { containers: { global: true } },
  access: { file },
  source: { type: 'raw', details: { value } },
});

const stack = {
  version: '1.0',
  containers: { cold: container(), warm: container(), hot: container(), sealed: container(true) },
  scoped_variables: [
    variable('plain', { decode: false, path: null }, secret),
    variable(
      'key',
      { decode: true, path: `${sealedFolder}/key`, permissions: '0400', uid: 777, gid: 1_000_650_000 },
      Buffer.from('of a key').toString('base64'),
    ),
  ],
  services: { scheduler: { config: { access_keys: [{ name: 'local', secret: 'local' }] } } },
  emulator: { containers: { cold: { warm: 0 }, warm: { warm: 1 }, hot: { hot: 1 }, sealed: { hot: 1 } } },
};

it('functions find scoped variables as files however soon they start, and nothing else shows them', async () => {
  await using emulator = await startEmulator({ stack });
  const startOf = (name: string) => emulator.function(name).instances()[0]?.starts;
  if (await canBeWarm()) await expect.poll(() => startOf('warm')).toBe('warm');
  expect(['cold', 'hot', 'sealed'].map(startOf)).toEqual(['cold', 'hot', 'hot']);
  const expected = `644 0:0\n400 777:1000650000\n${secret}of a key`;
  const containers = await containersWith('session', emulator.session, { all: true });
  expect(await docker('inspect', ...containers)).not.toContain('a secret of');
  expect(await docker('top', (await containersWith('session', emulator.session))[0] ?? '')).not.toContain(
    'a secret of',
  );
  for (const name of Object.keys(stack.containers)) {
    expect([name, (await emulator.invoke(name)).logs.text]).toEqual([name, expected]);
  }
});
