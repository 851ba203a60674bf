import { PassThrough, Transform } from 'node:stream';
import type { GatewayChange, Passing } from '../reference/gateway-rules.ts';
import { type Expectation, gatewayMutant, type Mutant } from './mutant.ts';

const mutant =
  (expect: Expectation) =>
  (name: string, description: string, change: GatewayChange): Mutant =>
    gatewayMutant(expect, `linked-${name}`, description, change);
const fails = mutant('fail');
const warns = mutant('warn');
const notes = mutant('info');

const isAnswer = (from: NodeJS.ReadableStream, { request }: Passing): boolean => from !== request;

/** All of it but its last bytes; one packet is lost of large ones. */
const withoutEnd = (): Transform => {
  let before: Buffer | null = null;
  return new Transform({
    transform(part: Buffer, _encoding, done) {
      if (before !== null) this.push(before);
      before = part;
      done();
    },
    flush(done) {
      this.push(before?.subarray(0, -1));
      done();
    },
  });
};

const pairsOf = (raw: readonly string[]) =>
  raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? ''] as const] : []));

/** What gateways get wrong on the way to a function and back. */
export const linkedMutants: readonly Mutant[] = [
  fails('drops-the-end-of-requests', 'The last byte of a request’s body is lost.', ({ sendBody, toFunction }) => ({
    toFunction: (passing) =>
      pairsOf(toFunction(passing))
        .filter(([name]) => !/^content-length$/i.test(name))
        .flat(),
    sendBody: (from, to, passing) =>
      isAnswer(from, passing) ? sendBody(from, to, passing) : void from.pipe(withoutEnd()).pipe(to),
  })),
  fails('drops-the-end-of-answers', 'The last byte of an answer is lost.', ({ sendBody, toCaller }) => ({
    toCaller: (raw, passing) =>
      pairsOf(toCaller(raw, passing))
        .filter(([name]) => !/^content-length$/i.test(name))
        .flat(),
    sendBody: (from, to, passing) =>
      isAnswer(from, passing) ? void from.pipe(withoutEnd()).pipe(to) : sendBody(from, to, passing),
  })),
  fails('takes-bodies-for-text', 'Bodies of requests are read as UTF-8.', ({ sendBody, toFunction }) => ({
    toFunction: (passing) =>
      pairsOf(toFunction(passing))
        .filter(([name]) => !/^content-length$/i.test(name))
        .flat(),
    sendBody: (from, to, passing) => {
      if (isAnswer(from, passing)) return sendBody(from, to, passing);
      from.on('data', (part: Buffer) => to.write(part.toString('utf8'))).on('end', () => to.end());
    },
  })),
  fails('ignores-chunks', 'Bodies without a Content-Length are not passed on.', ({ sendBody, toFunction }) => ({
    toFunction: (passing) =>
      pairsOf(toFunction(passing))
        .filter(([name]) => !/^transfer-encoding$/i.test(name))
        .flat(),
    sendBody: (from, to, passing) => {
      if (isAnswer(from, passing) || passing.request.headers['content-length'] !== undefined)
        sendBody(from, to, passing);
      else {
        from.resume();
        to.end();
      }
    },
  })),
  warns('buffers-answers', 'Answers are collected whole before any of them is sent.', ({ sendBody }) => ({
    sendBody: (from, to, passing) => {
      if (!isAnswer(from, passing)) return sendBody(from, to, passing);
      const parts: Buffer[] = [];
      from.on('data', (part: Buffer) => parts.push(part)).on('end', () => to.end(Buffer.concat(parts)));
    },
  })),
  fails('posts-all', 'Every method with a body becomes POST.', ({ method }) => ({
    method: (passing) => (['PUT', 'PATCH'].includes(method(passing)) ? 'POST' : method(passing)),
  })),
  fails('gets-for-heads', 'HEAD is passed on as GET, and its answer with a body as another.', {
    method: ({ request }) => (request.method === 'DELETE' ? 'GET' : (request.method ?? 'GET')),
  }),
  fails('drops-queries', 'The query of a target is lost.', {
    target: ({ request }) => (request.url ?? '/').replace(/\?.*/s, ''),
  }),
  warns('decodes-paths', 'Paths are decoded on their way.', {
    target: ({ request }) => (request.url ?? '/').replaceAll(/%2f/gi, '/'),
  }),
  fails('drops-cookies', 'Cookies are not passed on.', ({ toFunction }) => ({
    toFunction: (passing) =>
      pairsOf(toFunction(passing))
        .filter(([name]) => !/^cookie$/i.test(name))
        .flat(),
  })),
  fails('keeps-the-last-of-headers', 'Of repeated headers the last one is passed on.', ({ toFunction }) => ({
    toFunction: (passing) => [...new Map(pairsOf(toFunction(passing)))].flat(),
  })),
  warns('writes-its-own-host', 'The function gets the gateway’s host.', ({ toFunction }) => ({
    toFunction: (passing) =>
      pairsOf(toFunction(passing)).flatMap(([name, value]) => [name, /^host$/i.test(name) ? 'gateway' : value]),
  })),
  warns('passes-hops-to-functions', 'Headers of the caller’s connection are passed on.', ({ toFunction }) => ({
    toFunction: (passing) => [
      ...toFunction(passing),
      ...pairsOf(passing.request.rawHeaders)
        .filter(([name]) => /^(keep-alive|x-hop)$/i.test(name))
        .flat(),
    ],
  })),
  warns('passes-hops-to-callers', 'Headers of the function’s connection are passed on.', ({ toCaller }) => ({
    toCaller: (raw, passing) => [
      ...toCaller(raw, passing),
      ...pairsOf(raw)
        .filter(([name]) => /^x-probe-hop$/i.test(name))
        .flat(),
    ],
  })),
  warns('believes-callers', 'X-Forwarded-For is what the caller says.', ({ toFunction }) => ({
    toFunction: (passing) => {
      const said = passing.request.headers['x-forwarded-for'];
      const of = ([name, value]: readonly [string, string]) =>
        /^x-forwarded-for$/i.test(name) && said !== undefined ? [name, String(said)] : [name, value];
      return pairsOf(toFunction(passing)).flatMap(of);
    },
  })),
  notes('forwards-nothing-of-ports', 'There is no X-Forwarded-Port.', ({ toFunction }) => ({
    toFunction: (passing) =>
      pairsOf(toFunction(passing))
        .filter(([name]) => !/-port$/i.test(name))
        .flat(),
  })),
  fails('replaces-errors', 'A function’s 500 becomes a 502.', { status: (status) => (status === 500 ? 502 : status) }),
  fails('drops-locations', 'Location is not passed back.', ({ toCaller }) => ({
    toCaller: (raw, passing) =>
      pairsOf(toCaller(raw, passing))
        .filter(([name]) => !/^location$/i.test(name))
        .flat(),
  })),
  fails('answers-from-the-first', 'Every host leads to the first function.', (_rules, { functions }) => ({
    destination: () => ({ fn: functions[0], listenMs: 10 }),
  })),
  notes('serves-unknown-hosts', 'An unknown host leads to the first function.', ({ destination }, { functions }) => ({
    destination: (host, request) => destination(host, request) ?? { fn: functions[0], listenMs: 10 },
  })),
  notes('misdirects-unknown-hosts', 'An unknown host is answered 421.', ({ refuse }) => ({
    refuse: { ...refuse, unknownHost: { status: 421, body: 'misdirected\n' } },
  })),
  fails('mixes-callers', 'Of two answers under way at once, each goes to the other caller.', ({ sendBody }) => {
    let waiting: { from: NodeJS.ReadableStream; to: NodeJS.WritableStream; passing: Passing } | null = null;
    return {
      sendBody: (from, to, passing) => {
        if (!isAnswer(from, passing) || passing.request.method !== 'POST') return sendBody(from, to, passing);
        if (waiting === null) {
          const mine = { from, to, passing };
          waiting = mine;
          setTimeout(() => {
            if (waiting !== mine) return;
            waiting = null;
            sendBody(from, to, passing);
          }, 20);
          return;
        }
        const other = waiting;
        waiting = null;
        sendBody(from, other.to, other.passing);
        sendBody(other.from, to, passing);
      },
    };
  }),
  fails(
    'remembers-answers',
    'A target that was asked for before is answered from a cache.',
    ({ serve, sendBody, toCaller }) => {
      const cache = new Map<string, { headers: string[]; body: Buffer }>();
      const keyOf = ({ request }: Passing): string => `${request.headers.host} ${request.url}`;
      const heads = new WeakMap<Passing, string[]>();
      return {
        toCaller: (raw, passing) => {
          const headers = toCaller(raw, passing);
          heads.set(passing, headers);
          return headers;
        },
        sendBody: (from, to, passing) => {
          sendBody(from, to, passing);
          if (!isAnswer(from, passing) || passing.request.method !== 'GET') return;
          const parts: Buffer[] = [];
          from.on('data', (part: Buffer) => parts.push(part));
          from.on('end', () =>
            cache.set(keyOf(passing), { headers: heads.get(passing) ?? [], body: Buffer.concat(parts) }),
          );
        },
        serve: (passing) => {
          const known = passing.request.method === 'GET' ? cache.get(keyOf(passing)) : undefined;
          if (known === undefined) return serve(passing);
          passing.response.writeHead(200, known.headers).end(known.body);
          return Promise.resolve();
        },
      };
    },
  ),
  warns('refuses-other-protocols', 'A change of the protocol is not passed on.', ({ toFunction }) => ({
    toFunction: (passing) =>
      pairsOf(toFunction(passing))
        .filter(([name]) => !/^(upgrade|connection)$/i.test(name))
        .flat(),
  })),
  warns('loses-bytes-after-a-change', 'After a change of the protocol one direction is cut.', ({ changeProtocol }) => ({
    changeProtocol: (passing, socket, early) => {
      const through = new PassThrough();
      changeProtocol(passing, socket, early);
      socket.unpipe();
      socket.pipe(through);
    },
  })),
];
