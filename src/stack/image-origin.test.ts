import { describe, expect, it } from 'vitest';
import { parseStack } from './parse-stack.ts';
import type { Kind } from './places.ts';
import { parseJob, problemsOf, sample } from './testing/sample.ts';

const imageOf = (type: string, details: unknown, more: object = {}) =>
  parseJob({ '.image': { origin: { type, details }, ...more } }).image;

const credentials = { username: 'me', password: 'secret' };

describe('an image from a registry', () => {
  it.each([
    ['docker-hub', { target: 'busybox' }, 'busybox:latest', null],
    ['docker-hub', { target: 'a/b:1', username: 'me', token: 'secret' }, 'a/b:1', credentials],
    ['docker-hub', { target: 'a', username: '', token: '' }, 'a:latest', null],
    ['docker-registry', { url: 'https://example.com/', target: 'a/b' }, 'example.com/a/b:latest', null],
    [
      'docker-registry',
      { url: 'example.com', target: 'a', username: 'me', password: 'secret' },
      'example.com/a:latest',
      credentials,
    ],
    [
      'docker-registry',
      { url: 'example.com', target: 'a', username: 'me', token: 'secret' },
      'example.com/a:latest',
      credentials,
    ],
    ['oci-registry', { url: 'example.com:5000', target: 'a', auth: null }, 'example.com:5000/a:latest', null],
    [
      'oci-registry',
      { url: 'example.com', target: 'a', auth: { type: 'user', details: { username: 'me', token: 'secret' } } },
      'example.com/a:latest',
      credentials,
    ],
  ])('of %s with %j is %s', (type, details, reference, expected) => {
    expect(imageOf(type, details)).toEqual({ type: 'registry', reference, credentials: expected });
  });
});

describe('an image from a Dockerfile', () => {
  it.each([
    [{ context_dir: './job' }, '/stacks/job', 'Dockerfile'],
    [{ context_dir: '../job', build_file: './docker/Job.Dockerfile' }, '/job', 'docker/Job.Dockerfile'],
    [{ context_dir: '/srv/job', build_file: 'a/../b' }, '/srv/job', 'b'],
  ])('with %j is built in %s', (details, contextDir, dockerfile) => {
    expect(imageOf('docker-file', details)).toEqual({ type: 'dockerfile', contextDir, dockerfile, buildArgs: {} });
  });

  it('takes the arguments of image.build', () => {
    const image = imageOf('docker-file', { context_dir: '.' }, { build: { args: { A: '1' } } });
    expect(image).toMatchObject({ buildArgs: { A: '1' } });
  });

  const path = 'sample containers.job.image.origin.details';
  it.each<[Readonly<Record<string, Kind>>, unknown, readonly string[]]>([
    [{ '/stacks/job': 'directory', '/stacks/job/Dockerfile': 'file' }, {}, []],
    [{}, {}, [`${path}.context_dir: got "./job", expected a directory: /stacks/job does not exist`]],
    [{ '/stacks/job': 'file' }, {}, [`${path}.context_dir: got "./job", expected a directory: /stacks/job is a file`]],
    [
      { '/stacks/job': 'directory' },
      {},
      [`${path}.build_file: missing, expected a Dockerfile: /stacks/job/Dockerfile does not exist`],
    ],
    [
      { '/stacks/job': 'directory', '/stacks/job/docker': 'directory' },
      { build_file: 'docker' },
      [`${path}.build_file: got "docker", expected a Dockerfile: /stacks/job/docker is a directory`],
    ],
  ])('is looked for where %j is there', (kinds, more, problems) => {
    const origin = { type: 'docker-file', details: { context_dir: './job', ...(more as object) } };
    const kindOf = (place: string): Kind => kinds[place] ?? 'nothing';
    const parse = () =>
      parseStack(sample({ '.image.origin': origin }), { source: 'sample', baseDir: '/stacks', kindOf });
    expect(problemsOf(parse)).toEqual(problems);
  });
});
