import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { containerId, createFakeService, instanceId, network } from '../../test/support/http/fake-service.ts';
import { createRecordingLogger } from '../../test/support/http/recording-logger.ts';
import { createTestApp, functionPath, secret, token } from '../../test/support/http/test-app.ts';
import type { ClaimedInstance, Result, SchedulerService } from '../engine/service.ts';
import { startHttpServer } from './server.ts';

type ClaimRequest = Parameters<SchedulerService['claim']>[0];
type ReleaseRequest = Parameters<SchedulerService['release']>[0];

/** A server whose claims wait until the test answers them, and a caller in line. */
const startWaitingClaim = async () => {
  const asked = Promise.withResolvers<ClaimRequest>();
  const result = Promise.withResolvers<Result<ClaimedInstance>>();
  const released = Promise.withResolvers<ReleaseRequest>();
  const service = createFakeService({
    claim: (request) => {
      asked.resolve(request);
      return result.promise;
    },
    release: (request) => {
      released.resolve(request);
      return Promise.resolve({ ok: false, rejection: { name: 'not-claimed', instanceId } });
    },
  });
  const log = createRecordingLogger();
  const app = createTestApp({ service, logger: log.logger });
  const server = await startHttpServer({ app, host: '127.0.0.1', port: 0 });
  onTestFinished(() => server.close());
  const body = JSON.stringify({ token });
  const socket = connect(server.port, '127.0.0.1');
  socket.write(
    `POST ${functionPath('claim')} HTTP/1.1\r\nHost: x\r\nX-CYCLE-ACCESS-KEY: ${secret}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  const { signal } = await asked.promise;
  return { socket, signal, outcome: result, released: released.promise, log };
};

const aborted = (signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));

test('a caller that hangs up in line aborts its claim, and nothing is sent', async () => {
  const { socket, signal, outcome: result, log } = await startWaitingClaim();
  expect(signal.aborted).toBe(false);
  socket.destroy();
  await aborted(signal);
  result.resolve({ ok: false, rejection: { name: 'caller-gone' } });
  expect(log.lines).toMatchObject([
    { operation: 'claimInstance', container: containerId, status: null, msg: 'request abandoned by its caller' },
  ]);
});

test.each(['destroy', 'end'] as const)(
  'a caller in line that has sent nonsense behind its claim and leaves by %s aborts it',
  async (leave) => {
    const { socket, signal } = await startWaitingClaim();
    await new Promise((resolve) => socket.write('nonsense\r\n\r\n', resolve));
    socket[leave]();
    await aborted(signal);
  },
);

test('an instance that is granted to a caller that has just hung up is free again', async () => {
  const { socket, signal, outcome: result, released } = await startWaitingClaim();
  socket.destroy();
  await aborted(signal);
  result.resolve({ ok: true, value: { instanceId, token, network } });
  expect(await released).toEqual({ containerId, instanceId, token });
});

test('a caller that is answered does not abort its claim', async () => {
  const { socket, signal, outcome: result } = await startWaitingClaim();
  result.resolve({ ok: true, value: { instanceId, token, network } });
  await new Promise((resolve) => socket.once('data', resolve));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.end();
  await closed;
  expect(signal.aborted).toBe(false);
});

test('a caller that only closes its sending half is still answered', async () => {
  const { socket, signal, outcome: result } = await startWaitingClaim();
  socket.end();
  result.resolve({ ok: true, value: { instanceId, token, network } });
  const [answer] = await Promise.all([new Promise((resolve) => socket.once('data', resolve))]);
  expect(String(answer)).toMatch(/^HTTP\/1\.1 200 /);
  expect(signal.aborted).toBe(false);
});
