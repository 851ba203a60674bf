import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { exchange, rawFunction, startSampleGateway } from '../../test/support/gateway/sample-gateway.ts';

const host = 'Host: web.localhost\r\n';
const get = `GET / HTTP/1.1\r\n${host}Connection: close\r\n\r\n`;

/** A function that answers each connection's first bytes with these. */
const answering = (answer: string) =>
  rawFunction((socket) => socket.once('data', () => socket.write(Buffer.from(answer, 'latin1'))));

/** What a caller gets of it, after `ask`. */
const callerGets = async (answer: string, ask = get): Promise<string> => {
  await using sample = await startSampleGateway({ functionServer: answering(answer) });
  const text = await exchange(sample.gateway.port, ask);
  await sample.idle();
  return text;
};

describe('an answer becomes 502 with', () => {
  it.each([
    [
      'a length beside chunks',
      'RFC 9112, 6.3',
      'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n',
    ],
    ['two lengths', 'RFC 9112, 6.3', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc'],
    ['a header that is none', 'RFC 9112, 5', 'HTTP/1.1 200 OK\r\nno header\r\n\r\n'],
    ['a folded header', 'RFC 9112, 5.2', 'HTTP/1.1 200 OK\r\nX-A: one\r\n two\r\nContent-Length: 0\r\n\r\n'],
    ['no HTTP', 'RFC 9112, 4', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['another major version', 'RFC 9110, 2.5', 'HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n'],
    ['a status below 100', 'RFC 9110, 15', 'HTTP/1.1 099 Low\r\nContent-Length: 0\r\n\r\n'],
    [
      'a coding beneath its chunks',
      'RFC 9112, 6.1',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    ],
    [
      'a protocol that no caller asked for',
      'RFC 9110, 7.8',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
    ],
    ['a change to no protocol', 'RFC 9110, 15.2.2', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
    ['headers larger than any', 'Node.js CVE-2018-12121', `HTTP/1.1 200 OK\r\nX-Large: ${'x'.repeat(200_000)}\r\n\r\n`],
  ])('%s (%s)', async (_what, _source, answer) => {
    const text = await callerGets(answer);
    expect(text).toMatch(/^HTTP\/1\.1 502 [\s\S]*\r\n\r\nconnection_invalid: [^\n]*\.\n$/);
    expect(text).not.toMatch(/HPE_|ERR_/);
  });

  it('a reason where its lines end without a carriage return (RFC 9112, 2.2)', async () => {
    const text = await callerGets('HTTP/1.1 200 OK\r\nContent-Type: text/plain\nContent-Length: 2\n\nok');
    expect(text).toContain('understands: a line does not end with `\\r\\n`.\n');
  });

  it.each([
    ['no name of it', ''],
    ['another', 'Connection: Upgrade\r\nUpgrade: other\r\n'],
  ])('a change of protocol that the caller asked for, and %s (RFC 9110, 7.8)', async (_what, headers) => {
    const ask = `GET / HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: echo\r\n\r\n`;
    const text = await callerGets(`HTTP/1.1 101 Switching Protocols\r\n${headers}\r\nhello`, ask);
    expect(text).toMatch(/^HTTP\/1\.1 502 [\s\S]*\r\n\r\nconnection_invalid: /);
  });

  it('interim answers without an end (RFC 9110, 15.2)', async () => {
    const hint = 'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n';
    const text = await callerGets(hint.repeat(1_000));
    expect(text.split(hint).length - 1).toBe(32);
    expect(text.split(hint).at(-1)).toMatch(/^HTTP\/1\.1 502 /);
  });
});

describe('an answer is passed on', () => {
  it('with the bytes of its headers and trailers, also above 7F (RFC 9110, 5.5)', async () => {
    const chunks = 'Trailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-T: \xfe\r\n\r\n';
    const text = await callerGets(`HTTP/1.1 200 \xc3\xa9t\xe9\r\nX-A: \xe9\xff\r\n${chunks}`);
    expect(text).toMatch(/^HTTP\/1\.1 200 \xc3\xa9t\xe9\r\nX-A: \xe9\xff\r\n[\s\S]*\r\n0\r\nX-T: \xfe\r\n\r\n$/);
  });

  it('with all of its headers, however many', async () => {
    const headers = Array.from({ length: 3_000 }, (_, place) => `X-${place}: a\r\n`).join('');
    const text = await callerGets(`HTTP/1.1 200 OK\r\n${headers}Content-Length: 2\r\n\r\nok`);
    expect(text).toContain(`${headers}Content-Length: 2\r\n`);
  });

  it.each([
    ['beside a length', 'GET / HTTP/1.1', 'HTTP/1.1 200 OK\r\nTrailer: X-T\r\nContent-Length: 2\r\n\r\nok'],
    ['to HEAD', 'HEAD / HTTP/1.1', 'HTTP/1.1 200 OK\r\nTrailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n'],
    [
      'to HTTP/1.0',
      'GET / HTTP/1.0',
      'HTTP/1.1 200 OK\r\nTrailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-T: 1\r\n\r\n',
    ],
  ])('without trailers %s (RFC 9110, 6.6.2)', async (_where, line, answer) => {
    const text = await callerGets(answer, get.replace('GET / HTTP/1.1', line));
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text).not.toMatch(/X-T/);
  });

  it.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', /^HTTP\/1\.1 200 OK\r\nContent-Length: 2\r\n/],
    ['GET', 'HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok', /^HTTP\/1\.1 204 (?![\s\S]*Content-Length)/],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\nok', /^HTTP\/1\.1 304 Not Modified\r\nContent-Len/],
  ])('to %s without the body that it must not have (RFC 9112, 6.3)', async (method, answer, head) => {
    await using sample = await startSampleGateway({ functionServer: answering(answer) });
    const text = await exchange(sample.gateway.port, get.replace('GET', method));
    expect(text).toMatch(head);
    expect(text).toMatch(/\r\n\r\n$/);
    await sample.idle();
    expect(sample.linked).toEqual([expect.objectContaining({ ending: 'no_error' })]);
  });

  it('to HTTP/1.0 without interim answers (RFC 9110, 15.2)', async () => {
    const hint = 'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n';
    const ask = `POST / HTTP/1.0\r\n${host}Expect: 100-continue\r\nContent-Length: 2\r\n\r\nok`;
    const text = await callerGets(`${hint}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`, ask);
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });

  it('with the time at which it came, where it has none (RFC 9110, 6.6.1)', async () => {
    const date = 'Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n';
    const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
    expect(await callerGets(answer)).toMatch(/\r\nDate: /);
    const dated = await callerGets(answer.replace('\r\n', `\r\n${date}`));
    expect(dated.match(/Date: .*\r\n/g)).toEqual([date]);
  });

  it('also where it comes early and resets the connection on a body that is still sent (nginx ticket 1037)', async () => {
    const functionServer = rawFunction((socket) =>
      socket.once('data', () => {
        socket.pause();
        socket.write('HTTP/1.1 413 Large\r\nContent-Length: 3\r\n\r\nbig', () => socket.destroy());
      }),
    );
    await using sample = await startSampleGateway({ functionServer });
    const caller = connect(sample.gateway.port, '127.0.0.1').on('error', () => {});
    caller.write(`POST / HTTP/1.1\r\n${host}Content-Length: 1000000000\r\n\r\n`);
    const more = (): void => void (caller.destroyed || caller.write(Buffer.alloc(100_000), more));
    more();
    const [text] = await new Promise<[string]>((resolve) => {
      caller.once('data', (data) => resolve([String(data)]));
    });
    caller.destroy();
    expect(text).toMatch(/^HTTP\/1\.1 413 Large\r\n/);
    await sample.idle();
  });

  it.each([
    ['', ''],
    [' and asks for the end of the connection', 'Connection: close\r\n'],
  ])('also where it comes early to a caller that reads once it has sent all%s (RFC 9112, 9.6)', async (_what, more) => {
    const functionServer = createServer((_request, response) => {
      response.writeHead(413, { 'Content-Length': 3 }).end('big');
    });
    await using sample = await startSampleGateway({ functionServer });
    const body = Buffer.alloc(20_000_000);
    const caller = connect(sample.gateway.port, '127.0.0.1');
    await new Promise<void>((resolve, reject) => {
      caller.once('error', reject);
      caller.write(`POST / HTTP/1.1\r\n${host}${more}Content-Length: ${body.length}\r\n\r\n`);
      caller.write(body, () => resolve());
    });
    const [answer] = await once(caller, 'data');
    caller.destroy();
    expect(String(answer)).toMatch(/^HTTP\/1\.1 413 [\s\S]*big$/);
    await sample.idle();
  });
});

describe('a function that resets connections', () => {
  it('before it was sent anything is asked again', async () => {
    let connections = 0;
    const functionServer = rawFunction((socket) => {
      connections += 1;
      if (connections <= 2) socket.resetAndDestroy();
      else socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
    });
    await using sample = await startSampleGateway({ functionServer });
    expect(await exchange(sample.gateway.port, get)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(connections).toBe(3);
    await sample.idle();
  });

  it('while a request is held up is reported with 502', async () => {
    const reset = Promise.withResolvers<void>();
    const functionServer = rawFunction((socket) => {
      setImmediate(() => {
        socket.once('close', () => reset.resolve());
        socket.resetAndDestroy();
      });
    });
    await using sample = await startSampleGateway({ functionServer });
    sample.faults.add({ id: 'x', match: { operation: 'pass-on' }, effect: { type: 'delay', ms: 1_000 } });
    const answer = exchange(sample.gateway.port, get);
    await reset.promise;
    for (let times = 0; times < 100; times += 1) await turn();
    await sample.clock.advance(1_000);
    expect(await answer).toMatch(/^HTTP\/1\.1 502 [\s\S]*destination_unavailable: /);
    await sample.idle();
  });

  it('after it was sent a byte is not asked again, since it may have acted on it (RFC 9110, 9.2.2)', async () => {
    let connections = 0;
    const functionServer = rawFunction((socket) => {
      connections += 1;
      socket.once('data', () => socket.resetAndDestroy());
    });
    await using sample = await startSampleGateway({ functionServer });
    const text = await exchange(sample.gateway.port, get);
    expect(text).toMatch(/^HTTP\/1\.1 502 [\s\S]*destination_unavailable: /);
    expect(connections).toBe(1);
    await sample.idle();
  });
});

it('bytes that a function sends behind its answer reach no caller', async () => {
  const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
  await using sample = await startSampleGateway({ functionServer: answering(answer + answer) });
  const request = `GET / HTTP/1.1\r\n${host}\r\n`;
  const text = await exchange(sample.gateway.port, request + request, { until: /ok[\s\S]*ok/ });
  expect(text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
  await sample.idle();
});

it('no byte in a head becomes a failure of the gateway itself', async () => {
  const bytes = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));
  let answer = '';
  const functionServer = rawFunction((socket) => {
    socket.once('data', () => socket.end(Buffer.from(answer, 'latin1')));
  });
  await using sample = await startSampleGateway({ functionServer });
  const answers = (byte: string) => [
    `HTTP/1.1 200 a${byte}b\r\nContent-Length: 0\r\n\r\n`,
    `HTTP/1.1 200 OK\r\nX${byte}A: a\r\nContent-Length: 0\r\n\r\n`,
    `HTTP/1.1 200 OK\r\nX-A: a${byte}b\r\nContent-Length: 0\r\n\r\n`,
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-T: a${byte}b\r\n\r\n`,
  ];
  for (const each of bytes.flatMap(answers)) {
    answer = each;
    expect(await exchange(sample.gateway.port, get), JSON.stringify(each)).toMatch(/^(HTTP\/1\.1 (200|502) |$)/);
  }
  await sample.idle();
}, 60_000);
