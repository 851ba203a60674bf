import { createServer } from 'node:http';
import { expect, it } from 'vitest';
import { startSampleGateway } from '../../test/support/gateway/sample-gateway.ts';
import { createRecorder } from './recorder.ts';
import { watchRequests } from './watched-requests.ts';

/** A gateway whose requests are watched and recorded; the function sends back what it gets. */
const start = async ({ limitBytes = 2 ** 20, limit = 10 } = {}) => {
  const recorder = createRecorder(2 ** 20, () => {});
  const watch = watchRequests({
    clock: { now: () => 0 },
    secrets: ['key-of-the-stack'],
    limitBytes,
    limit,
  });
  const functionServer = createServer((request, response) => request.pipe(response));
  const sample = await startSampleGateway({ functionServer, record: () => watch.linked(recorder.linked()) });
  const post = async (path: string, body: string) => {
    const response = await sample.fetch(path, { method: 'POST', body });
    await response.arrayBuffer();
    await sample.idle();
  };
  const seen = () => watch.requests.after(0).map(({ item }) => item);
  const shown = () => seen().map((request) => watch.show(request));
  return { sample, post, seen, shown, recorder, [Symbol.asyncDispose]: () => sample[Symbol.asyncDispose]() };
};

it('a watched request over HTTP has both bodies, no query and no access key, and is recorded all the same', async () => {
  await using started = await start();
  await started.post('/path/key-of-the-stack?query=of-a-user', 'with key-of-the-stack');
  expect(started.seen()).toMatchObject([
    { at: 1_000_000, path: '/path/<access key>', status: 200, ending: 'no_error' },
  ]);
  expect(started.shown()).toMatchObject([
    { request: { text: 'with <access key>', complete: true }, response: { text: 'with <access key>' } },
  ]);
  expect([...started.recorder.recording().linked]).toMatchObject([{ response: { complete: true } }]);
});

it('a watched request that no function got has no bodies', async () => {
  await using started = await start();
  await fetch(started.sample.gateway.url);
  expect(started.shown()).toEqual([{ request: null, response: null }]);
});

it('the bodies of the oldest watched requests are dropped where there are too many bytes or requests', async () => {
  await using started = await start({ limitBytes: 1_000, limit: 2 });
  const gone = { omitted: expect.stringContaining('gave way') };
  await started.post('/', 'a'.repeat(400));
  await started.post('/', 'b'.repeat(300));
  expect(started.shown()).toMatchObject([{ request: gone, response: gone }, { request: { complete: true } }]);
  await started.post('/', 'c');
  await started.post('/', 'd');
  expect(started.shown()).toMatchObject([{ request: { text: 'c' } }, { request: { text: 'd' } }]);
});

it('a body that is larger than the limit of watched requests is cut, and says so', async () => {
  await using started = await start({ limitBytes: 100 });
  await started.post('/', 'x'.repeat(200));
  expect(started.shown()).toMatchObject([{ request: { text: '', complete: false } }]);
});
