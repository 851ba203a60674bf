import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { exchange, rawFunction, startSampleGateway } from '../../test/support/gateway/sample-gateway.ts';

const head = 'Host: web.localhost\r\nConnection: close\r\n';

/** What the function receives of it. */
const functionGets = async (sent: string): Promise<string> => {
  let received = '';
  const functionServer = rawFunction((socket) =>
    socket.on('data', (data) => {
      received += data.toString('latin1');
      if (/\r\n\r\n$/.test(received)) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    }),
  );
  await using sample = await startSampleGateway({ functionServer });
  expect(await exchange(sample.gateway.port, Buffer.from(sent, 'latin1'))).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  await sample.idle();
  return received;
};

describe('a function is sent', () => {
  it('header bytes above 7F as they came (RFC 9110, 5.5)', async () => {
    expect(await functionGets(`GET / HTTP/1.1\r\n${head}X-A: \xe9\xff\r\n\r\n`)).toContain('\r\nX-A: \xe9\xff\r\n');
  });

  it('TE with the connection’s own word for it (RFC 9110, 10.1.4)', async () => {
    const received = await functionGets(`GET / HTTP/1.1\r\n${head}TE: trailers, deflate;q=0.5\r\n\r\n`);
    expect(received).toMatch(/\r\nConnection: close, TE\r\nTE: trailers\r\n/);
  });

  it('of the protocols that a caller would change to all but HTTP/2', async () => {
    const received = await functionGets(
      'GET / HTTP/1.1\r\nHost: web.localhost\r\nConnection: Upgrade\r\nUpgrade: h2c, echo\r\n\r\n',
    );
    expect(received).toMatch(/\r\nUpgrade: echo\r\n/);
  });

  it('no Upgrade of a caller of HTTP/1.0 (RFC 9110, 7.8)', async () => {
    const received = await functionGets(
      'GET / HTTP/1.0\r\nHost: web.localhost\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n',
    );
    expect(received).not.toMatch(/Upgrade/);
  });

  it('* where a caller in absolute form asks for the options of the whole server (RFC 9112, 3.2.4)', async () => {
    expect(await functionGets(`OPTIONS http://web.localhost HTTP/1.1\r\n${head}\r\n`)).toMatch(
      /^OPTIONS \* HTTP\/1\.1/,
    );
  });

  it('trailers, except fields that only the gateway sets (RFC 9110, 6.5.1)', async () => {
    const chunks = 'Trailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n';
    const trailers = 'X-Sum: 1\r\nX-Forwarded-For: 6.6.6.6\r\nHost: other\r\nConnection: x\r\n\r\n';
    const received = await functionGets(`POST / HTTP/1.1\r\n${head}${chunks}${trailers}`);
    expect(received).toMatch(/\r\nTrailer: X-Sum\r\n/);
    expect(received).toMatch(/\r\n0\r\nX-Sum: 1\r\n\r\n$/);
  });

  it('chunks without their extensions (RFC 9112, 7.1.1)', async () => {
    const chunks = 'Transfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0;c=d\r\n\r\n';
    expect(await functionGets(`POST / HTTP/1.1\r\n${head}${chunks}`)).toMatch(/\r\n\r\n2\r\nok\r\n0\r\n\r\n$/);
  });
});

it('no byte in the head of a request becomes a failure of the gateway itself', async () => {
  const functionServer = rawFunction((socket) =>
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')),
  );
  await using sample = await startSampleGateway({ functionServer });
  for (let code = 0; code < 256; code += 1) {
    const byte = String.fromCharCode(code);
    for (const sent of [
      `GE${byte}T / HTTP/1.1\r\n${head}\r\n`,
      `GET /a${byte}b HTTP/1.1\r\n${head}\r\n`,
      `GET / HTTP/1.1\r\n${head}X${byte}A: a\r\n\r\n`,
      `GET / HTTP/1.1\r\n${head}X-A: a${byte}b\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: web.localhost${byte}\r\nConnection: close\r\n\r\n`,
      `POST / HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n0\r\nX-T: a${byte}b\r\n\r\n`,
    ]) {
      const text = await exchange(sample.gateway.port, Buffer.from(sent, 'latin1'));
      expect(text, JSON.stringify(sent)).toMatch(/^(HTTP\/1\.1 (200|4\d\d|501) |$)/);
    }
  }
  await sample.idle();
}, 60_000);

it('no caller gets a byte of another caller’s answer, where half of the callers hang up amid theirs', async () => {
  // Each answers the mark of its request until its caller has enough.
  const functionServer = rawFunction((socket) =>
    socket.once('data', (bytes) => {
      const [, mark = ''] = / \/(\w+) /.exec(bytes.toString('latin1')) ?? [];
      socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${mark.length * 20_000}\r\n\r\n${mark.repeat(20_000)}`);
    }),
  );
  await using sample = await startSampleGateway({ functionServer, spec: { instances: 8 } });
  const ask = (mark: string, isPatient: boolean): Promise<string> =>
    new Promise((resolve) => {
      let text = '';
      const socket = connect(sample.gateway.port, '127.0.0.1');
      socket.write(`GET /${mark} HTTP/1.1\r\n${head}\r\n`);
      socket.on('data', (data) => {
        text += data.toString('latin1');
        if (!isPatient) socket.destroy();
      });
      socket.on('close', () => resolve(text));
    });
  const marks = Array.from({ length: 100 }, (_, place) => `mark${String(place).padStart(3, '0')}`);
  const texts = await Promise.all(marks.map((mark, place) => ask(mark, place % 2 === 0)));
  for (const [place, text] of texts.entries()) {
    const mark = marks[place] ?? '';
    const body = text.replace(/^[\s\S]*?\r\n\r\n/, '');
    const whole = mark.repeat(20_000);
    expect(place % 2 === 0 ? body === whole : whole.startsWith(body), mark).toBe(true);
  }
  await sample.idle();
}, 60_000);
