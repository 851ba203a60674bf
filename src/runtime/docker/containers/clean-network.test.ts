import { duplexPair } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { NetworkCheck, needsOwnNetwork } from './clean-network.ts';

/** A check, and the program's side of its stream. */
const startCheck = (patienceMs?: number) => {
  const [near, program] = duplexPair();
  let asked = '';
  program.on('data', (data: Buffer) => {
    asked += data.toString();
  });
  const print = (text: string, stream = 1): void => {
    const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
    header.writeUInt32BE(text.length, 4);
    program.write(Buffer.concat([header, Buffer.from(text)]));
  };
  const nextName = async (): Promise<string> => {
    for (;;) {
      const name = /^\n([^\n]+)\n/.exec(asked)?.[1];
      if (name !== undefined) {
        asked = asked.slice(name.length + 2);
        return name;
      }
      await turn();
    }
  };
  return { check: new NetworkCheck(near, patienceMs), program, print, nextName };
};

test('a check answers the lines before the end of its own answer, however it is cut', async () => {
  const { check, print, nextName } = startCheck();
  const answer = check.ask();
  const name = await nextName();
  print('of another\ndone 123\nsocket: TC');
  print('a warning', 2);
  print(`P 1\naddresses\ndone ${name.slice(0, 3)}`);
  print(`${name.slice(3)}\n`);
  expect(await answer).toEqual(['socket: TCP 1', 'addresses']);
  const next = check.ask();
  print(`done ${await nextName()}\n`);
  expect(await next).toEqual([]);
});

test('a check whose stream has ended, before or meanwhile, is not clean', async () => {
  const { check, program } = startCheck();
  const answer = check.ask();
  program.end();
  expect(await answer).toEqual(['the sandbox has ended']);
  expect(await check.ask()).toEqual(['the sandbox has ended']);
});

test('a check whose connection breaks is not clean', async () => {
  const { check, program } = startCheck();
  const answer = check.ask();
  program.destroy();
  expect(await answer).toHaveLength(1);
});

test('a check without an answer in its time is not clean, nor is any after it', async () => {
  const { check, program, print, nextName } = startCheck(20);
  program.on('error', () => {});
  const answer = check.ask();
  const name = await nextName();
  expect(await answer).toEqual(['no answer in 20 ms']);
  print(`done ${name}\n`);
  expect(await check.ask()).toEqual(['no answer in 20 ms']);
});

test('a check that gets an answer without an end is not clean', async () => {
  const { check, program, print } = startCheck();
  program.on('error', () => {});
  const answer = check.ask();
  print('a finding\n'.repeat(2_000));
  expect(await answer).toEqual(['the answer has no end']);
});

test.each([
  [[], false],
  [['CAP_NET_RAW', 'NET_BIND_SERVICE', 'CAP_SYS_PTRACE'], false],
  [['CAP_CHOWN', 'CAP_NET_ADMIN'], true],
  [['SYS_ADMIN'], true],
  [['CAP_LINUX_IMMUTABLE'], true],
  [['ALL'], true],
])('runs with the capabilities %j need a network of their own: %s', (capabilities, expected) => {
  expect(needsOwnNetwork(capabilities)).toBe(expected);
});
