import { describe, expect, it } from 'vitest';
import { exchange, rawFunction, startSampleGateway } from '../../test/support/gateway/sample-gateway.ts';

const host = 'Host: web.localhost\r\n';
const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: web.localhost\r\nX-Canary: smuggled\r\n\r\n';
const canary = 'X-Canary: odd\r\n';

type Shape = readonly [name: string, source: string, bytes: string, answers: RegExp];

/** Refused before an instance is claimed. */
const refused = /^HTTP\/1\.1 4\d\d /;
/** Answered by the function, which has had one request. */
const served = /^HTTP\/1\.1 200 OK\r\n/;

/** Requests that broke proxies, each with the report of it. */
const shapes: readonly Shape[] = [
  [
    'a length beside chunks',
    'CL.TE: "HTTP Desync Attacks", PortSwigger 2019; RFC 9112, 6.3',
    `POST / HTTP/1.1\r\n${host}${canary}Content-Length: ${smuggled.length + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    refused,
  ],
  [
    'two lengths',
    'HAProxy CVE-2023-40225 and its kin; RFC 9112, 6.3',
    `POST / HTTP/1.1\r\n${host}${canary}Content-Length: 0\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
    refused,
  ],
  [
    'an empty length before another',
    'HAProxy CVE-2023-40225: "reject any empty content-length header value"',
    `POST / HTTP/1.1\r\n${host}${canary}Content-Length: \r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
    refused,
  ],
  [
    'a length with a sign',
    'Falcon CVE-2023-38697, GHSA-6jwc-qr2q-7xwj',
    `POST / HTTP/1.1\r\n${host}${canary}Content-Length: +${smuggled.length}\r\n\r\n${smuggled}`,
    refused,
  ],
  [
    'a transfer coding that is not quite chunked',
    'Node.js CVE-2022-32213',
    `POST / HTTP/1.1\r\n${host}${canary}Transfer-Encoding: chunkedchunked\r\n\r\n0\r\n\r\n${smuggled}`,
    /^HTTP\/1\.1 501 /,
  ],
  [
    'a transfer coding on two lines',
    'Node.js CVE-2022-32215',
    `POST / HTTP/1.1\r\n${host}${canary}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    refused,
  ],
  [
    'a transfer coding that the gateway does not undo',
    'RFC 9112, 6.1; golang/go CVE-2019-16276 for the kin',
    `POST / HTTP/1.1\r\n${host}${canary}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    /^HTTP\/1\.1 501 /,
  ],
  [
    'a folded header',
    'RFC 9112, 5.2; Node.js CVE-2022-35256',
    `GET / HTTP/1.1\r\n${host}${canary}X-Folded: one\r\n two\r\n\r\n`,
    /^HTTP\/1\.1 (4\d\d|200) /,
  ],
  [
    'a blank before a length',
    'Node.js CVE-2024-27982',
    `POST / HTTP/1.1\r\n${host}${canary} Content-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
    /^HTTP\/1\.1 (4\d\d|200) /,
  ],
  [
    'a blank between a name and its colon',
    'Node.js CVE-2021-22959; Squid CVE-2020-15810',
    `POST / HTTP/1.1\r\n${host}${canary}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    refused,
  ],
  ['a header without a name', 'HAProxy CVE-2023-25725', `GET / HTTP/1.1\r\n${host}${canary}: empty\r\n\r\n`, refused],
  [
    'lines that end with LF alone',
    'Node.js CVE-2022-32214',
    `GET / HTTP/1.1\n${host}${canary}X-Bare: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    refused,
  ],
  [
    'a header with a CR in it',
    'Node.js CVE-2023-30589',
    `GET / HTTP/1.1\r\n${host}${canary}X-A: a\rTransfer-Encoding: chunked\r\n\r\n`,
    refused,
  ],
  [
    'a header with a NUL in it',
    'Envoy CVE-2019-9900',
    `GET / HTTP/1.1\r\n${host}${canary}X-Nul: a\0b\r\n\r\n`,
    refused,
  ],
  [
    'a chunk size whose line ends with LF',
    'golang/go#71988, CVE-2025-22871',
    `POST / HTTP/1.1\r\n${host}${canary}Transfer-Encoding: chunked\r\n\r\n5;\n\r\nhello\r\n0\r\n\r\n`,
    refused,
  ],
  [
    'chunk extensions without an end',
    'Node.js CVE-2024-22019; golang CVE-2023-39326',
    `POST / HTTP/1.1\r\n${host}${canary}Transfer-Encoding: chunked\r\n\r\n5;${'x'.repeat(40_000)}\r\nhello\r\n0\r\n\r\n`,
    refused,
  ],
  [
    'a chunk size that overflows',
    'nginx CVE-2013-2028',
    `POST / HTTP/1.1\r\n${host}${canary}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello\r\n0\r\n\r\n`,
    refused,
  ],
  [
    'two hosts',
    'RFC 9112, 3.2; "Practical HTTP Host header attacks"',
    `GET / HTTP/1.1\r\n${host}Host: other.localhost\r\n${canary}\r\n`,
    refused,
  ],
  ...['web.localhost/other', 'other@web.localhost', 'web.localhost, other', 'web.localhost\\other'].map(
    (name): Shape => [
      `a host that is none, ${name}`,
      'RFC 9112, 3.2; "Host of Troubles", CCS 2016',
      `GET / HTTP/1.1\r\nHost: ${name}\r\n${canary}\r\n`,
      /^HTTP\/1\.1 400 /,
    ],
  ),
  [
    'another host in the request line',
    'RFC 9112, 3.2.2; MetaCubeX/mihomo#2650',
    `GET http://web.localhost/absolute HTTP/1.1\r\nHost: other.localhost\r\n${canary}\r\n`,
    served,
  ],
  [
    'a fragment in the request line',
    'HAProxy CVE-2023-45539',
    `GET /a#.css HTTP/1.1\r\n${host}${canary}\r\n`,
    /^HTTP\/1\.1 (4\d\d|200) /,
  ],
  [
    'headers that Connection takes away',
    'golang/go#46313, CVE-2021-33197; Apache httpd CVE-2022-31813',
    `GET / HTTP/1.1\r\n${host}${canary}Connection: close, X-Forwarded-For, Host, Content-Length\r\n\r\n`,
    served,
  ],
  [
    'headers larger than any',
    'Node.js CVE-2018-12121',
    `GET / HTTP/1.1\r\n${host}${canary}X-Large: ${'x'.repeat(200_000)}\r\n\r\n`,
    /^HTTP\/1\.1 431 /,
  ],
  [
    'more headers than any',
    'Node.js CVE-2018-12121',
    `GET / HTTP/1.1\r\n${host}${canary}${'X: a\r\n'.repeat(1_000)}\r\n`,
    /^HTTP\/1\.1 431 (?:.*\r\n)+connection_invalid: The headers of the request are more than 1000,/,
  ],
  [
    'a body to a request that has none, and another request behind it',
    'CL.0: "Browser-Powered Desync Attacks", PortSwigger 2022',
    `GET / HTTP/1.1\r\n${host}${canary}Content-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
    served,
  ],
  [
    'a body behind an upgrade',
    'tornado, golang and HAProxy h2c smuggling: "h2c Smuggling", Bishop Fox 2020',
    `GET / HTTP/1.1\r\n${host}${canary}Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
    refused,
  ],
  [
    'chunks in HTTP/1.0',
    'RFC 9112, 6.1; valyala/fasthttp#2330',
    `POST / HTTP/1.0\r\n${host}${canary}Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    refused,
  ],
  [
    'a length in its trailers',
    'RFC 9110, 6.5.1; Apache httpd CVE-2013-5704',
    `POST / HTTP/1.1\r\n${host}${canary}Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\n${smuggled}`,
    refused,
  ],
  [
    'an announcement of trailers beside a length',
    'RFC 9110, 6.6.2; nodejs/node, ERR_HTTP_TRAILER_INVALID',
    `POST / HTTP/1.1\r\n${host}${canary}Trailer: X-After\r\nContent-Length: 4\r\n\r\nbody`,
    served,
  ],
  ['the server as a whole, but for OPTIONS', 'RFC 9112, 3.2.4', `GET * HTTP/1.1\r\n${host}${canary}\r\n`, refused],
  [
    'a method that no one knows',
    'RFC 9110, 9.1: 501',
    `SMUGGLE / HTTP/1.1\r\n${host}${canary}\r\n`,
    /^HTTP\/1\.1 501 /,
  ],
  [
    'a tunnel to elsewhere',
    'Apache httpd CVE-2011-3368 for the kin',
    `CONNECT 127.0.0.1:22 HTTP/1.1\r\n${host}\r\n`,
    /^HTTP\/1\.1 405 /,
  ],
];

/** Answers one request of a connection with the canary that it carries, and keeps all that it is sent. */
const canaryFunction = () => {
  const received: string[] = [];
  const functionServer = rawFunction((socket) => {
    const place = received.push('') - 1;
    socket.on('data', (chunk: Buffer) => {
      const text = (received[place] ?? '') + chunk.toString('latin1');
      received[place] = text;
      const [, mark = 'none'] = /X-Canary: (\S+)/i.exec(text) ?? [];
      const isWhole = text.includes('\r\n\r\n') && !(/transfer-encoding/i.test(text) && !/\r\n0\r\n/.test(text));
      if (isWhole && socket.writable) socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${mark.length}\r\n\r\n${mark}`);
    });
  });
  return { received, functionServer };
};

describe('a request that has broken proxies', () => {
  it.each(shapes)('%s (%s) meets its own answer alone', async (_name, _source, bytes, expected) => {
    const { received, functionServer } = canaryFunction();
    await using sample = await startSampleGateway({ functionServer });
    const other = (mark: string) => sample.fetch('/', { headers: { 'X-Canary': mark } }).then((found) => found.text());
    const [text, before] = await Promise.all([
      exchange(sample.gateway.port, Buffer.from(bytes, 'latin1'), { until: /^HTTP\/1\.1 \d{3} [\s\S]*\r\n\r\n[\s\S]/ }),
      other('one'),
    ]);
    expect(text).toMatch(expected);
    expect(text).not.toContain('smuggled');
    expect([before, await other('two')]).toEqual(['one', 'two']);
    await sample.idle();
    // Each connection to a function is one caller's, and no caller's second request.
    for (const sent of received.filter((bytesOfOne) => bytesOfOne !== '')) {
      expect(sent.match(/X-Forwarded-For: /g)).toHaveLength(1);
      expect(sent.match(/X-Canary: (?!smuggled)/gi)).toHaveLength(1);
    }
    expect(received).toHaveLength(sample.linked.filter(({ instanceId }) => instanceId !== null).length);
  });

  it('a caller that ends its side of the connection at once counts as gone', async () => {
    const { functionServer } = canaryFunction();
    await using sample = await startSampleGateway({ functionServer });
    await exchange(sample.gateway.port, `GET / HTTP/1.1\r\n${host}${canary}\r\n`, { halfClose: true });
    await sample.idle();
    expect(sample.linked).toHaveLength(1);
  });

  it('a caller whose chunks go wrong while the function answers loses the connection', async () => {
    const functionServer = rawFunction((socket) =>
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n')),
    );
    await using sample = await startSampleGateway({ functionServer });
    const post = `POST / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n`;
    const text = await exchange(sample.gateway.port, `${post}1\r\na\r\n`, { until: /half/, behind: 'no chunk\r\n' });
    expect(text).toMatch(/half\r\n$/);
    await sample.idle();
  });
});
