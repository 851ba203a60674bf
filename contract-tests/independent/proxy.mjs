// An ordinary reverse proxy: it buffers both ways, answers small HTML pages to requests it will
// not pass on, and keeps its connections to the scheduler open.

import http from 'node:http';

const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
];
const names = {
  400: 'Bad Request',
  405: 'Not Allowed',
  413: 'Request Entity Too Large',
  414: 'Request-URI Too Large',
  431: 'Request Header Fields Too Large',
  502: 'Bad Gateway',
  504: 'Gateway Time-out',
};

function page(status) {
  const title = `${status} ${names[status]}`;
  const body = `<center><h1>${title}</h1></center>\r\n<hr><center>proxy</center>`;
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n${body}\r\n</body>\r\n</html>\r\n`;
}

// Headers that the Connection header names travel one hop only, too.
function passOn(headers) {
  const named = (headers.connection ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name]) => !hopByHop.includes(name) && !named.includes(name) && !name.includes('_'),
    ),
  );
}

// Slashes merged, dot segments resolved; null where the path would leave the root or hides a NUL.
function normalize(url) {
  const [path, ...query] = url.split('?');
  if (!path.startsWith('/') || /[^!-~\x80-\xff]/.test(url) || /%00|%(?![0-9a-f]{2})/i.test(path)) return null;
  const parts = [];
  for (const part of path.replace(/\/+/g, '/').slice(1).split('/')) {
    if (part === '..' && !parts.length) return null;
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return ['/' + parts.join('/'), ...query].join('?');
}

export function createProxy(upstreamPort, { maxBody = 1 << 20, maxUrl = 8192, timeout = 60_000 } = {}) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

  function refuse(res, status) {
    if (res.headersSent || res.destroyed) return;
    const text = page(status);
    res.writeHead(status, { server: 'proxy', 'content-type': 'text/html', 'content-length': text.length });
    res.end(text);
  }

  // The page goes out at once, but the connection stays until the client has sent its body:
  // closing earlier would take the page away from it again.
  function refuseBody(req, res) {
    const text = page(413);
    const headers = {
      server: 'proxy',
      'content-type': 'text/html',
      'content-length': text.length,
      connection: 'close',
    };
    res.writeHead(413, headers);
    res.write(text);
    const end = () => res.end();
    req.on('end', end).on('error', end).resume();
    setTimeout(end, 5000).unref();
  }

  async function handle(req, res) {
    if (req.url.length > maxUrl) return refuse(res, 414);
    if (req.method === 'TRACE' || req.method === 'CONNECT') return refuse(res, 405);
    const path = normalize(req.url);
    if (path === null) return refuse(res, 400);
    if (Number(req.headers['content-length'] ?? 0) > maxBody) return refuseBody(req, res);
    const chunks = [];
    let size = 0;
    try {
      for await (const chunk of req.iterator({ destroyOnReturn: false })) {
        chunks.push(chunk);
        if ((size += chunk.length) > maxBody) return refuseBody(req, res);
      }
    } catch {
      return; // the client went away
    }
    if (!res.destroyed) pass(req, res, path, Buffer.concat(chunks));
  }

  function pass(req, res, path, body) {
    // A peer that has reset the connection has no address any more.
    const address = req.socket.remoteAddress ?? '';
    const headers = { ...passOn(req.headers), 'x-real-ip': address, 'x-forwarded-proto': 'http' };
    if (body.length || req.method === 'POST') headers['content-length'] = body.length;
    const up = http.request({ port: upstreamPort, method: req.method, path, headers, agent, timeout });
    up.on('timeout', () => {
      refuse(res, 504);
      up.destroy();
    });
    up.on('error', () => refuse(res, 502));
    up.on('response', async (answer) => {
      const parts = [];
      try {
        for await (const part of answer) parts.push(part);
      } catch {
        return refuse(res, 502);
      }
      if (res.destroyed) return;
      const bytes = Buffer.concat(parts);
      const onward = { server: 'proxy', ...passOn(answer.headers) };
      if (req.method !== 'HEAD') onward['content-length'] = bytes.length;
      res.writeHead(answer.statusCode, onward);
      res.end(bytes);
    });
    res.on('close', () => res.writableFinished || up.destroy()); // the client hung up
    up.end(body);
  }

  const server = http.createServer({ maxHeaderSize: 32_768, keepAliveTimeout: 65_000 }, handle);
  server.on('connect', (req, socket) => end(socket, 405));
  server.on('clientError', (error, socket) => {
    const tooLong = error.code === 'HPE_HEADER_OVERFLOW';
    end(socket, !tooLong ? 400 : String(error.rawPacket).includes('\r\n') ? 431 : 414);
  });

  function end(socket, status) {
    if (!socket.writable) return socket.destroy();
    const text = page(status);
    const headers = `server: proxy\r\ncontent-type: text/html\r\ncontent-length: ${text.length}\r\nconnection: close`;
    socket.end(`HTTP/1.1 ${status} ${names[status]}\r\n${headers}\r\n\r\n${text}`);
  }

  return server;
}
