import { describe, expect, it } from 'vitest';
import { parseJob, problemsOf, sample } from '../../test/support/stack/sample.ts';
import { parseStack } from './load-stack.ts';
import type { FileContext, Found, Kind } from './model.ts';

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
    [{ context_dir: '/', build_file: '/Dockerfile' }, '/stacks', '/stacks/Dockerfile'],
    [{ context_dir: '/' }, '/stacks', '/stacks/Dockerfile'],
    [{ context_dir: '.' }, '/stacks', '/stacks/Dockerfile'],
    [{ context_dir: '/job', build_file: '/job/Dockerfile' }, '/stacks/job', '/stacks/job/Dockerfile'],
    [{ context_dir: './job', build_file: 'docker/Job.Dockerfile' }, '/stacks/job', '/stacks/docker/Job.Dockerfile'],
    [{ context_dir: '/srv/../job', build_file: 'a/../b' }, '/stacks/job', '/stacks/b'],
  ])('with %j is built in %s from %s', (details, contextDir, dockerfile) => {
    const image = imageOf('docker-file', details);
    expect(image).toEqual({ type: 'dockerfile', root: '/stacks', contextDir, dockerfile, buildArgs: {} });
  });

  it('takes the arguments of image.build', () => {
    const image = imageOf('docker-file', { context_dir: '.' }, { build: { args: { A: '1' } } });
    expect(image).toMatchObject({ buildArgs: { A: '1' } });
  });
});

describe('the paths of a Dockerfile origin', () => {
  /** What reading the origin says where these files are there, each a Dockerfile but for those that end with a slash. */
  const said = (paths: readonly string[], details: object, places: Partial<FileContext> = {}) => {
    const kindOf = (place: string): Kind => {
      if (paths.includes(place)) return 'file';
      return paths.some((path) => path.startsWith(`${place.replace(/\/$/, '')}/`)) ? 'directory' : 'nothing';
    };
    const look = (path: string): Found => ({ kind: kindOf(path), path });
    const origin = { type: 'docker-file', details };
    const stack = sample({ '.image.origin': origin });
    const options = { source: 'sample', root: '/stacks', stackDir: '/stacks', look, ...places };
    const warnings: string[] = [];
    const problems = problemsOf(() => warnings.push(...parseStack(stack, options).warnings));
    return [...problems, ...warnings].map((line) =>
      line.replace(/^(sample )?containers\.job\.image\.origin\.details\./, ''),
    );
  };

  it.each<[string, readonly string[], object, readonly string[]]>([
    ['what the platform documents', ['/stacks/Dockerfile'], { context_dir: '/' }, []],
    [
      'a Dockerfile beside the context',
      ['/stacks/a/Dockerfile', '/stacks/b/x'],
      { context_dir: '/b', build_file: '/a/Dockerfile' },
      [],
    ],
    [
      'no context',
      [],
      { context_dir: '/job' },
      ['context_dir: got "/job", expected a directory: /stacks/job does not exist'],
    ],
    [
      'a context that is a file',
      ['/stacks/job'],
      { context_dir: 'job' },
      ['context_dir: got "job", expected a directory: /stacks/job is a file'],
    ],
    [
      'no Dockerfile',
      ['/stacks/job/x'],
      { context_dir: '/job' },
      ['build_file: missing, expected a Dockerfile: /stacks/Dockerfile does not exist'],
    ],
    [
      'a Dockerfile that is a folder',
      ['/stacks/docker/x'],
      { context_dir: '/', build_file: '/docker' },
      ['build_file: got "/docker", expected a Dockerfile: /stacks/docker is a directory'],
    ],
    [
      'a context outside the root',
      [],
      { context_dir: '../job' },
      ['context_dir: got "../job", expected a directory below the root, which is /stacks; --root names another'],
    ],
    [
      'a Dockerfile outside the root',
      ['/stacks/x'],
      { context_dir: '/', build_file: '/../Dockerfile' },
      [
        'build_file: got "/../Dockerfile", expected a Dockerfile below the root, which is /stacks; --root names another',
      ],
    ],
    [
      'an existing source of the platform',
      [],
      { existing: { source_id: '65a0000000000000000000a1' } },
      [
        'context_dir: missing, expected the directory to build in, from the root, such as "/": existing names an image source that only the platform has',
      ],
    ],
  ])('have problems and warnings for %s', (_what, paths, details, lines) => {
    expect(said(paths, details)).toEqual(lines);
  });

  it.each([
    [{ context_dir: './job' }, 'missing', '/stacks/Dockerfile', '/job/Dockerfile'],
    [
      { context_dir: 'job', build_file: 'docker/Dockerfile' },
      'got "docker/Dockerfile"',
      '/stacks/docker/Dockerfile',
      '/job/docker/Dockerfile',
    ],
  ])('%j of an older stack get their new spelling', (details, got, missing, spelled) => {
    expect(said([`/stacks${spelled}`], details)).toEqual([
      `build_file: ${got}, expected a Dockerfile: ${missing} does not exist; write build_file: "${spelled}" for /stacks${spelled}`,
    ]);
  });

  it('take the file that the platform takes where an older reading names another, with a warning', () => {
    const lines = said(['/stacks/app/Dockerfile', '/stacks/app/app/Dockerfile'], {
      context_dir: 'app',
      build_file: 'app/Dockerfile',
    });
    expect(lines).toEqual([
      'build_file: /stacks/app/Dockerfile is built: paths start at the root, as on the platform, and not at context_dir; write build_file: "/app/app/Dockerfile" for /stacks/app/app/Dockerfile if that is the one',
    ]);
  });

  it('with a leading slash have one reading, which no warning questions', () => {
    const paths = ['/stacks/Dockerfile', '/stacks/app/Dockerfile'];
    expect(said(paths, { context_dir: '/app', build_file: '/Dockerfile' })).toEqual([]);
  });

  it('of a stack in a folder of its own are spelled from the root', () => {
    const lines = said(
      ['/repo/deploy/job/Dockerfile'],
      { context_dir: './job' },
      { root: '/repo', stackDir: '/repo/deploy' },
    );
    expect(lines[0]).toBe(
      'context_dir: got "./job", expected a directory: /repo/job does not exist; write context_dir: "/deploy/job" for /repo/deploy/job',
    );
  });

  it.each([
    ['repo', { url: 'https://example.com/a.git' }],
    ['targz_url', 'https://example.com/a.tar.gz'],
  ])('are looked for below the root where %s names another place, with a warning', (field, value) => {
    expect(said(['/stacks/Dockerfile'], { [field]: value, context_dir: '/' })).toEqual([
      `${field}: not fetched by the emulator: what lies in /stacks is built in its place; --root names another folder, such as a checkout of it`,
    ]);
  });
});
