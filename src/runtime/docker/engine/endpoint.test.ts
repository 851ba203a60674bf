import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { errorCodes } from '../../../shared/errors.ts';
import { loadEndpoint } from './endpoint.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'cycle-home-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const on = (env: Record<string, string>, platform: NodeJS.Platform = 'linux') => ({ env, home, platform });

const write = (path: string, content: unknown): void => {
  const file = join(home, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(content));
};

const keyOf = (context: string): string => createHash('sha256').update(context).digest('hex');

const writeContext = (name: string, docker: object, folder = '.docker'): void =>
  write(`${folder}/contexts/meta/${keyOf(name)}/meta.json`, { Name: name, Endpoints: { docker } });

test('the Docker endpoint is that of the option before all else', () => {
  expect(loadEndpoint('tcp://10.0.0.5:2375', on({ DOCKER_HOST: 'unix:///other.sock' }))).toEqual({
    url: 'tcp://10.0.0.5:2375',
    chosenBy: 'the option --docker',
    tls: null,
  });
});

test('the Docker endpoint of a bare path is a socket', () => {
  expect(loadEndpoint('/run/some.sock', on({})).url).toBe('unix:///run/some.sock');
});

test('the Docker endpoint is that of DOCKER_HOST before the context', () => {
  writeContext('colima', { Host: 'unix:///colima.sock' });
  const endpoint = loadEndpoint(undefined, on({ DOCKER_HOST: 'ssh://me@far', DOCKER_CONTEXT: 'colima' }));
  expect(endpoint).toEqual({ url: 'ssh://me@far:22', chosenBy: 'DOCKER_HOST', tls: null });
});

test('the Docker endpoint has TLS where DOCKER_TLS_VERIFY asks for it, with the certificates of DOCKER_CERT_PATH', () => {
  const env = { DOCKER_HOST: 'tcp://far:2376', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/certs' };
  expect(loadEndpoint(undefined, on(env)).tls).toEqual({ certDir: '/certs', verify: true });
});

test("the Docker endpoint's certificates are in the docker CLI's folder without DOCKER_CERT_PATH", () => {
  const env = { DOCKER_HOST: 'https://far:2376' };
  expect(loadEndpoint(undefined, on(env)).tls).toEqual({ certDir: join(home, '.docker'), verify: false });
});

test('the Docker endpoint is that of the current context of the docker CLI', () => {
  write('.docker/config.json', { currentContext: 'desktop' });
  writeContext('desktop', { Host: 'unix:///desktop.sock', SkipTLSVerify: false });
  expect(loadEndpoint(undefined, on({}))).toEqual({
    url: 'unix:///desktop.sock',
    chosenBy: `the docker context "desktop" of ${join(home, '.docker/config.json')}`,
    tls: null,
  });
});

test('the Docker endpoint is that of DOCKER_CONTEXT, from the folder of DOCKER_CONFIG, with its certificates', () => {
  writeContext('far', { Host: 'tcp://far:2376', SkipTLSVerify: true }, 'elsewhere');
  const certDir = join(home, 'elsewhere/contexts/tls', keyOf('far'), 'docker');
  mkdirSync(certDir, { recursive: true });
  expect(loadEndpoint(undefined, on({ DOCKER_CONTEXT: 'far', DOCKER_CONFIG: join(home, 'elsewhere') }))).toEqual({
    url: 'tcp://far:2376',
    chosenBy: 'the docker context "far" of DOCKER_CONTEXT',
    tls: { certDir, verify: false },
  });
});

test('a missing Docker context is named, with its source', () => {
  expect(() => loadEndpoint(undefined, on({ DOCKER_CONTEXT: 'gone' }))).toThrowError(
    expect.objectContaining({
      code: errorCodes.dockerUnreachable,
      message: expect.stringMatching(
        /^Failed to find the Docker engine: the docker context "gone" of DOCKER_CONTEXT cannot be read \(ENOENT.*\)\. Choose another/,
      ),
    }),
  );
});

test('the Docker endpoint needs no context where the current one is the default', () => {
  write('.docker/config.json', { currentContext: 'default' });
  expect(loadEndpoint(undefined, on({})).url).toBe('unix:///var/run/docker.sock');
});

test('the Docker endpoint is the named pipe on Windows', () => {
  expect(loadEndpoint(undefined, on({}, 'win32')).url).toBe('npipe:////./pipe/docker_engine');
});

const tcp = (rest: string) => `tcp://${rest}`;

// What `docker version` of CLI 28.2 said it tried.
test.each([
  ['unix:///run/some.sock ', 'unix:///run/some.sock'],
  ['\tunix:///run/some.sock\n', 'unix:///run/some.sock'],
  ['unix://', 'unix:///var/run/docker.sock'],
  ['unix:///a b', 'unix:///a b'],
  ['far', tcp('far:2375')],
  ['127.0.0.9:2377', tcp('127.0.0.9:2377')],
  ['127.0.0.9:80', tcp('127.0.0.9:80')],
  [':2377', tcp('localhost:2377')],
  ['tcp://', tcp('localhost:2375')],
  ['tcp://far', tcp('far:2375')],
  ['tcp://[::1]:2399', tcp('[::1]:2399')],
  ['tcp://::1', tcp('[::1]:2375')],
  ['::1', tcp('[::1]:2375')],
  ['tcp://far:2377/prefix', tcp('far:2377/prefix')],
  ['tcp://me:secret@far:2377', tcp('far:2377')],
  ['me:secret@far:2377', tcp('far:2377')],
])('the Docker endpoint of DOCKER_HOST %j is that of the docker CLI', (address, url) => {
  expect(loadEndpoint(undefined, on({ DOCKER_HOST: address }))).toMatchObject({ url, chosenBy: 'DOCKER_HOST' });
});

test('the Docker endpoint has the port without TLS where TLS is asked for and no port is given, as in the docker CLI', () => {
  const endpoint = loadEndpoint(undefined, on({ DOCKER_HOST: 'tcp://far', DOCKER_TLS_VERIFY: '1' }));
  expect(endpoint).toMatchObject({ url: tcp('far:2375'), tls: { verify: true } });
});

test('a DOCKER_HOST of blanks counts as none', () => {
  expect(loadEndpoint(undefined, on({ DOCKER_HOST: ' ' })).chosenBy).toMatch(/usual sockets/);
});

test("a socket's path becomes absolute, for the watchdog works elsewhere", () => {
  expect(loadEndpoint('unix://some.sock', on({})).url).toBe(`unix://${join(process.cwd(), 'some.sock')}`);
});

test("a context's address has the same forms", () => {
  writeContext('far', { Host: 'tcp://me:secret@far' });
  expect(loadEndpoint(undefined, on({ DOCKER_CONTEXT: 'far' })).url).toBe(tcp('far:2375'));
});

test.each([
  ['npipe:////./pipe/docker_engine', 'only Windows has named pipes'],
  ['fd://', 'fd:// is for the daemon that listens, not for its clients'],
  ['ssh://me:secret@far', 'ssh:// takes the keys of an SSH agent, not a password'],
  ['ssh://', 'its form is unknown'],
  ['tcp://far:port', 'its form is unknown'],
  ['tcp://far:99999', 'its form is unknown'],
  ['unix://tcp://far', 'its form is unknown'],
  ['"tcp://far:2375"', 'its form is unknown'],
])('a DOCKER_HOST of %j is refused', (address, reason) => {
  expect(() => loadEndpoint(undefined, on({ DOCKER_HOST: address }))).toThrowError(
    expect.objectContaining({ code: errorCodes.badOption, message: expect.stringContaining(`: ${reason}. Write it`) }),
  );
});

test('an address of unknown form is refused without its password', () => {
  expect(() => loadEndpoint('gopher://me:secret@far', on({}))).toThrowError(
    expect.objectContaining({
      code: errorCodes.badOption,
      message: expect.stringMatching(
        /^Failed to use the Docker endpoint "gopher:\/\/me@far" \(chosen by the option --docker\)/,
      ),
    }),
  );
});
