import { expect, test } from 'vitest';
import type { ImageProgress } from '../../../port.ts';
import { createBuildLog } from './build-log.ts';
import { type StatusResponse, statusResponses } from './buildkit-messages.ts';

const open = () => {
  const progress: ImageProgress[] = [];
  return { progress, log: createBuildLog('image', (step) => progress.push(step)) };
};

const time = { seconds: 1 };
const trace = (...parts: readonly Partial<StatusResponse>[]) => ({
  id: 'moby.buildkit.trace',
  aux: Buffer.concat(
    parts.map((part) => statusResponses.encode({ vertexes: [], statuses: [], logs: [], ...part })),
  ).toString('base64'),
});
const started = (digest: string, name: string, cached = false) => ({
  vertexes: [{ digest, name, cached, started: time, completed: null, error: '' }],
});
const ended = (digest: string, name: string, error = '') => ({
  vertexes: [{ digest, name, cached: false, started: time, completed: time, error }],
});
const printed = (vertex: string, text: string) => ({ logs: [{ vertex, msg: Buffer.from(text) }] });

test.each(['Step 2/4 : RUN make', 'STEP 2/4: RUN make', '[1/2] STEP 2/4: RUN make'])(
  'the line %j is a step',
  (line) => {
    const { log, progress } = open();
    log.add({ stream: `${line}\n` });
    log.add({ stream: ' ---> Running in 0123\nfirst\r\nsecond\n' });
    expect(progress).toEqual([{ image: 'image', step: line, fraction: 0.25 }]);
    expect(log.tail).toEqual(['first', 'second']);
  },
);

test('steps of BuildKit that run at one time each have an output of their own', () => {
  const { log, progress } = open();
  log.add(trace(started('a', '[one 1/2] RUN a'), started('b', '[two 1/2] RUN b')));
  log.add(trace(printed('a', 'from a\n'), printed('b', 'from b\n')));
  log.add(trace(ended('a', '[one 1/2] RUN a', 'exit code: 3'), ended('b', '[two 1/2] RUN b', 'context canceled')));
  expect(progress.map(({ step }) => step)).toEqual(['[one 1/2] RUN a', '[two 1/2] RUN b']);
  expect({ step: log.step, tail: log.tail }).toEqual({ step: '[one 1/2] RUN a', tail: ['from a'] });
});

test('the progress of a build never falls, and BuildKit’s own work is no step', () => {
  const { log, progress } = open();
  log.add(trace(started('a', '[1/3] FROM a'), ended('a', '[1/3] FROM a'), started('b', '[2/3] RUN b')));
  log.add(trace(started('c', 'exporting to image'), started('d', '[3/3] RUN d')));
  const fractions = progress.map(({ fraction }) => fraction ?? 0);
  expect(fractions).toEqual([...fractions].sort());
  expect(progress.map(({ step }) => step)).not.toContain('exporting to image');
});

test.each([{ aux: { ID: 'sha256:1' } }, { id: 'moby.image.id', aux: { ID: 'sha256:1' } }])(
  'the line %j names the image',
  (message) => {
    const { log } = open();
    log.add(message);
    expect(log.imageId).toBe('sha256:1');
  },
);

test('long output keeps its end, and a long line its beginning', () => {
  const { log } = open();
  log.add({ stream: `${'x'.repeat(1_000)}\n` });
  expect(log.tail).toEqual(['x'.repeat(500)]);
  for (const number of Array(100).keys()) log.add({ stream: `line ${number}\n` });
  expect(log.tail).toEqual(['line 95', 'line 96', 'line 97', 'line 98', 'line 99']);
});

/** The steps that are reported after each of the lines. */
const reportedAfter = (...lines: readonly string[]): readonly number[] => {
  const { log, progress } = open();
  return lines.map((line) => {
    log.add({ stream: `${line}\n` });
    return progress.length;
  });
};

test.each([
  [
    'Docker',
    ['Step 1/3 : ARG A', 'Step 2/3 : FROM a', ' ---> 01', 'Step 3/3 : RUN b', ' ---> Using cache', ' ---> 02'],
  ],
  ['Podman', ['STEP 1/2: FROM a', 'STEP 2/2: COPY b c', '--> Using cache 01', 'COMMIT image', '--> 01']],
])('a build of %s that only finds what it has done before reports no step', (_engine, lines) => {
  expect(reportedAfter(...lines, 'Successfully built 02').at(-1)).toBe(0);
});

test('a build reports all steps as soon as it does one', () => {
  const found = ['Step 1/4 : FROM a', ' ---> 01', 'Step 2/4 : ENV a=b', ' ---> Using cache', ' ---> 02'];
  expect(reportedAfter(...found, 'Step 3/4 : COPY a b', ' ---> 03', 'Step 4/4 : RUN c')).toEqual([
    0, 0, 0, 0, 0, 0, 3, 4,
  ]);
  expect(reportedAfter(...found, 'Step 3/4 : RUN a', ' ---> Running in 03').slice(-2)).toEqual([0, 3]);
});

test('a build that fetches its base image reports so', () => {
  const { log, progress } = open();
  log.add({ stream: 'Step 1/2 : FROM a\n' });
  log.add({ status: 'Pulling from library/a', id: '1' });
  expect(progress).toEqual([{ image: 'image', step: 'Step 1/2 : FROM a', fraction: 0 }]);
});

test('a build of BuildKit reports its steps once one of them is not cached, or a layer is fetched', () => {
  const found = [
    started('a', '[internal] load build definition from Dockerfile'),
    { statuses: [{ ID: 'transferring dockerfile:', vertex: 'a' }] },
    started('b', '[1/2] FROM a'),
    { statuses: [{ ID: 'resolve docker.io/library/a', vertex: 'b' }] },
  ];
  const [cached, worked, fetched] = [open(), open(), open()];
  cached.log.add(trace(...found, started('c', '[2/2] RUN c', true), started('d', 'exporting to image')));
  cached.log.add({ stream: 'Successfully built 01\n' });
  expect(cached.progress).toEqual([]);
  worked.log.add(trace(...found, started('c', '[2/2] RUN c')));
  expect(worked.progress.map(({ step }) => step)).toContain('[2/2] RUN c');
  fetched.log.add(trace(...found, { statuses: [{ ID: 'sha256:0', vertex: 'b' }] }));
  expect(fetched.progress.map(({ step }) => step)).toContain('[1/2] FROM a');
});
