import { createServer, IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { startSampleGateway } from '../../test/support/gateway/sample-gateway.ts';
import { keepBodies } from './linked-exchanges.ts';
import { createRecorder } from './recorder.ts';

/** A gateway whose requests are recorded; the function sends back what it gets. */
const start = async (limitBytes = 2 ** 20) => {
  let fills = 0;
  const recorder = createRecorder(limitBytes, () => {
    fills += 1;
  });
  const functionServer = createServer((request, response) => {
    response.setHeader('Content-Type', 'text/plain');
    response.setHeader('Set-Cookie', 'cookie-of-a-user');
    request.pipe(response);
  });
  const sample = await startSampleGateway({ functionServer, record: () => recorder.linked() });
  const post = async (path: string, body: string | Buffer<ArrayBuffer>) => {
    const headers = { 'Content-Type': 'application/words', Authorization: 'key-of-a-user' };
    const response = await sample.fetch(path, { method: 'POST', body, headers });
    await response.arrayBuffer();
    await sample.idle();
  };
  const linked = () => [...recorder.recording().linked];
  return {
    sample,
    recorder,
    post,
    linked,
    fills: () => fills,
    [Symbol.asyncDispose]: () => sample[Symbol.asyncDispose](),
  };
};

it('a recording has requests over HTTP with their bodies, and nothing else that may be secret', async () => {
  await using started = await start();
  await started.post('/path?key=of-a-user', 'words');
  expect(started.linked()).toEqual([
    {
      container_id: started.sample.containerId,
      method: 'POST',
      host: 'web.localhost',
      path: '/path',
      request: { type: 'application/words', text: 'words', complete: true },
      status: 200,
      ending: 'no_error',
      response: { type: 'text/plain', text: 'words', complete: true },
    },
  ]);
  expect(JSON.stringify(started.linked())).not.toContain('of-a-user');
});

it('a recording keeps and counts nothing of what a caller sends behind an early answer', () => {
  const taken: number[] = [];
  const { keep, bodies } = keepBodies((bytes) => taken.push(bytes) > 0);
  const body = new IncomingMessage(new Socket());
  keep('request', body);
  body.emit('data', Buffer.from('before'));
  expect(bodies().request?.bytes.toString()).toBe('before');
  body.emit('data', Buffer.from('behind it'));
  expect(taken).toEqual([6]);
});

it('a recording has requests over HTTP in the order of their arrival, and those that no function got', async () => {
  await using started = await start();
  await started.post('/1', '');
  await fetch(started.sample.gateway.url);
  expect(started.linked()).toMatchObject([
    { path: '/1', status: 200 },
    { path: '/', status: 404, ending: 'router_nomatch', container_id: null, request: null, response: null },
  ]);
});

it('a recording has bytes that are no text as base64', async () => {
  await using started = await start();
  await started.post('/', Buffer.from([255, 0]));
  expect(started.linked()).toMatchObject([{ request: { base64: '/wA=', complete: true } }]);
});

it('a recording has the beginning of a large body, which costs it no more than that', async () => {
  await using started = await start(300_000);
  await started.post('/', 'ä'.repeat(500_000));
  const [exchange] = started.linked();
  expect(exchange).toMatchObject({ request: { complete: false }, response: { complete: false } });
  expect(exchange?.request?.text).toBe('ä'.repeat(32_768));
  expect(exchange?.response?.text).toBe('ä'.repeat(32_768));
  expect([started.recorder.recording().complete, started.fills()]).toEqual([true, 0]);
});

it('a recording that is full of requests over HTTP takes no more, and says so once', async () => {
  await using started = await start(1_000);
  await started.post('/1', 'x'.repeat(600));
  expect(started.linked()).toMatchObject([{ request: { complete: true }, response: { text: '', complete: false } }]);
  await started.post('/2', '');
  expect(started.linked()).toHaveLength(1);
  expect([started.recorder.recording().complete, started.fills()]).toEqual([false, 1]);
});

it('a recording that began again has no request from before', () => {
  const recorder = createRecorder(400, () => {});
  const request = recorder.linked();
  recorder.clear();
  const path = '/'.repeat(300);
  request?.end({
    ...{ at: 0, containerId: null, instanceId: null, method: 'GET', host: 'web', path },
    ...{ status: 200, ending: 'no_error', durationMs: 1 },
  });
  expect([...recorder.recording().linked]).toEqual([]);
  // Nor has it taken of what the new one may keep.
  expect(recorder.linked()).not.toBeNull();
});
