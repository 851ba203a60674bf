import { expect, test } from 'vitest';
import type { EngineReport } from '../../runtime/docker/diagnose.ts';
import { EmulatorError, errorCodes } from '../../shared/errors.ts';
import { checkEngine, checkNode } from './doctor.ts';

const architecture = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
const healthy: EngineReport = {
  engine: {
    url: 'unix:///var/run/docker.sock',
    chosenBy: 'DOCKER_HOST',
    product: 'Docker',
    version: '29.0.0',
    apiVersion: '1.52',
    operatingSystem: 'Debian',
    architecture,
    cpus: 2,
  },
  disk: { folder: '/var/lib/docker', freeBytes: 50 * 2 ** 30 },
  network: { subnet: '10.254.0.0/16', ipv6: true },
  images: new Map([['busybox:1.37', process.arch === 'arm64' ? 'arm64' : 'amd64']]),
};

test('the doctor’s check finds nothing wrong with an engine that is in order', () => {
  const findings = checkEngine(healthy);
  expect(findings.map(({ verdict }) => verdict)).toEqual(findings.map(() => 'ok'));
  expect(findings.map(({ remedy }) => remedy)).toEqual(findings.map(() => null));
  expect(findings[0]?.found).toBe('29.0.0 on Debian, at unix:///var/run/docker.sock, chosen by DOCKER_HOST');
});

test('the doctor’s check calls Podman by its name, and gives its commands', () => {
  const engine = { ...healthy.engine, product: 'Podman', version: '5.4.2', apiVersion: '1.41' } as const;
  const findings = checkEngine({ ...healthy, engine, images: new Map([['busybox:1.37', null]]) });
  expect(findings[0]).toMatchObject({ check: 'Podman', found: expect.stringMatching(/^5\.4\.2 on /) });
  expect(findings.at(-1)?.remedy).toBe('podman pull busybox:1.37');
});

const noSubnet = new EmulatorError(
  errorCodes.networkUnavailable,
  'Failed to make the network: every subnet overlaps another. Run `docker network prune`.',
);

test.each<[string, Partial<EngineReport>, object]>([
  [
    'an old API',
    { engine: { ...healthy.engine, apiVersion: '1.9' } },
    { check: 'Docker API', verdict: 'warn', found: expect.stringMatching(/^1\.9, .* 1\.41$/) },
  ],
  [
    'another architecture',
    { engine: { ...healthy.engine, architecture: 's390x' } },
    { check: 'Architecture', verdict: 'warn', remedy: 'docker build --platform linux/s390x' },
  ],
  [
    'no free subnet',
    { network: noSubnet },
    { check: 'Network', verdict: 'fail', remedy: 'Run `docker network prune`' },
  ],
  ['no IPv6', { network: { subnet: '10.1.0.0/16', ipv6: false } }, { check: 'IPv6', verdict: 'warn' }],
  [
    'little room on the disk',
    { disk: { folder: '/d', freeBytes: 2 ** 29 } },
    { check: 'Disk', verdict: 'warn', found: '0.5 GiB free in /d', remedy: 'docker system prune' },
  ],
  ['no room on the disk', { disk: { folder: '/d', freeBytes: 0 } }, { check: 'Disk', verdict: 'fail' }],
  [
    'an image that is not there',
    { images: new Map([['a:1', null]]) },
    { check: 'Image a:1', verdict: 'warn', remedy: 'docker pull a:1' },
  ],
  [
    'an image for another architecture',
    { images: new Map([['a:1', 's390x']]) },
    { check: 'Image a:1', verdict: 'warn', remedy: expect.stringMatching(/^docker pull --platform linux\/\w+ a:1$/) },
  ],
])('the doctor’s check says what to do about %s', (_what, changed, finding) => {
  expect(checkEngine({ ...healthy, ...changed })).toContainEqual(expect.objectContaining(finding));
});

test('the doctor’s check says nothing of a disk that it cannot see', () => {
  expect(checkEngine({ ...healthy, disk: { folder: '/d', freeBytes: null } })).toContainEqual({
    check: 'Disk',
    verdict: 'ok',
    found: 'the engine keeps its data in /d, which this process cannot read',
    remedy: null,
  });
});

test('the doctor’s check requires the Node that the emulator needs', () => {
  expect(checkNode('24.0.0').verdict).toBe('ok');
  expect(checkNode('22.19.0')).toMatchObject({ verdict: 'fail', remedy: 'nvm install 24' });
});
