import { expect, test } from 'vitest';
import { withoutPassword } from './without-password.ts';

test.each([
  ['tcp://u:p@ss:w/rd@127.0.0.1:2375', 'tcp://u@127.0.0.1:2375'],
  ['u:p@ss:w/rd@127.0.0.1:2375', 'u@127.0.0.1:2375'],
  ['tcp://u:p@ss?w#rd@far:2375', 'tcp://u@far:2375'],
  ['tcp://u:p://ss@far:2375', 'tcp://u@far:2375'],
  ['tcp://u:p@ss w\nrd@far', 'tcp://u@far'],
  ['tcp://:pass@far', 'tcp://@far'],
  ['https://far:port/?token=pass', 'https://far:port/'],
  ['tcp:u:pass@far', 'tcp@far'],
  ['gopher://me:secret@far', 'gopher://me@far'],
  ['ssh://me@far', 'ssh://me@far'],
])('a text without its password shows no part of it in %j', (address, shown) => {
  expect(withoutPassword(address)).toBe(shown);
});
