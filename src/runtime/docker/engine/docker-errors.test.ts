import { expect, test } from 'vitest';
import { toUnreachable } from './docker-errors.ts';

const failure = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code });
const messageIn = (container: boolean, code: string, url = 'unix:///var/run/docker.sock'): string =>
  toUnreachable({ url, chosenBy: 'DOCKER_HOST', tls: null }, failure(code), container).message;

test('a socket that is missing in a container is given to it by --volume', () => {
  expect(messageIn(true, 'ENOENT')).toMatch(
    /there is no socket \(ENOENT\)\. Run this container with --volume \/var\/run\/docker\.sock:\/var\/run\/docker\.sock,/,
  );
  expect(messageIn(false, 'ENOENT')).toMatch(/\. Start Docker, or name/);
  expect(messageIn(true, 'ENOENT', 'unix:///no/such.sock')).toMatch(/\. Start Docker, or name/);
});

test('a socket that a container may not open is opened by --group-add with the number of its group', () => {
  expect(messageIn(true, 'EACCES', 'unix:///')).toMatch(
    /\. Run this container with --group-add 0, for that group owns/,
  );
  expect(messageIn(true, 'EACCES', 'unix:///no/such.sock')).toContain('--group-add "$(stat -c %g /no/such.sock)"');
  expect(messageIn(false, 'EACCES')).toMatch(/\. Add the user to the group/);
});
