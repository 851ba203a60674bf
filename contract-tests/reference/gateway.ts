import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, request as openRequest, ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { GatewayChange, GatewayRules, Passing } from './gateway-rules.ts';
import { serveProbe } from './probe-http.ts';
import type { Accepted, Reference } from './rules.ts';

export type ReferenceGateway = AsyncDisposable & {
  readonly url: string;
  readonly hosts: readonly [string, string];
  readonly lateHost: string;
  readonly silentHost: string;
};

const hosts = ['probe.test', 'probe-two.test'] as const;
const lateHost = 'late.test';
const silentHost = 'silent.test';
/** A function does not listen as soon as its process runs. */
const usualListenMs = 10;
const lateListenMs = 400;

/** Starts a gateway in the simplest way, before the reference scheduler and without a line of the emulator; then the changes. */
export const startReferenceGateway = async (
  reference: Reference,
  ...changes: readonly GatewayChange[]
): Promise<ReferenceGateway> => {
  const rules = createGatewayRules(reference, () => rules);
  for (const change of changes) {
    Object.assign(rules, typeof change === 'function' ? change({ ...rules }, reference) : change);
  }
  const open = new Set<Passing>();
  const sockets = new Set<Socket>();
  const take = (request: IncomingMessage, response: ServerResponse, upgrade: Passing['upgrade']): void => {
    const found = rules.destination((request.headers.host ?? '').replace(/:\d+$/, ''), request);
    if (found === null) return rules.answerRefusal({ request, response }, 'unknownHost');
    const gone = new AbortController();
    const leave = (): void => gone.abort();
    if (upgrade === null) response.on('close', leave);
    else upgrade.socket.on('close', leave);
    const passing = { request, response, upgrade, gone: gone.signal, token: `gateway-${randomUUID()}` };
    const whole: Passing = { ...passing, ...found, instance: null, probe: null };
    open.add(whole);
    void rules
      .serve(whole)
      .catch(() => response.destroy())
      .finally(() => open.delete(whole));
  };
  const server = createServer((request, response) => take(request, response, null));
  server.on('upgrade', (request, socket, early) => {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket as Socket);
    response.on('finish', () => socket.end());
    take(request, response, { socket: socket as Socket, early });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
  });
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hosts,
    lateHost,
    silentHost,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      for (const { probe } of open) probe?.close();
      await closed;
    },
  };
};

const createGatewayRules = (reference: Reference, current: () => GatewayRules): GatewayRules => ({
  refuse: {
    unknownHost: { status: 404, body: 'no such host\n' },
    noneFree: { status: 503, body: 'no instance is free\n' },
    notStarted: { status: 502, body: 'the instance did not start\n' },
    ended: { status: 502, body: 'the instance has ended\n' },
    silent: { status: 504, body: 'the instance does not listen\n' },
  },
  reachMs: 5_000,
  destination: (host) => {
    const [first, second] = reference.functions;
    if (host === hosts[0]) return { fn: first, listenMs: usualListenMs };
    if (host === hosts[1]) return { fn: second, listenMs: usualListenMs };
    if (host === lateHost) return { fn: second, listenMs: lateListenMs };
    return host === silentHost ? { fn: second, listenMs: null } : null;
  },
  serve: async (passing) => {
    const rules = current();
    try {
      passing.instance = await rules.claim(passing);
      if (passing.instance === null) return rules.answerRefusal(passing, 'noneFree');
      if (passing.gone.aborted) return;
      if (!(await rules.spawn(passing))) return rules.answerRefusal(passing, 'notStarted');
      const socket = await rules.reach(passing);
      if (socket === 'gone') return;
      if (typeof socket === 'string') return rules.answerRefusal(passing, socket);
      await rules.pass(passing, socket);
    } finally {
      if (passing.instance !== null) await rules.release(passing);
    }
  },
  claim: async (passing) => {
    const call = toCall(passing);
    const outcome = await reference.rules.claim(call);
    if (!('data' in outcome)) return null;
    const id = (outcome.data as { readonly instance_id?: string } | null)?.instance_id;
    return passing.fn.instances.find((one) => one.id === id) ?? null;
  },
  spawn: async (passing) => {
    const { fn, instance, token, listenMs } = passing;
    if (instance === null) return false;
    const outcome = await reference.rules.spawn({ ...toCall(passing), instanceId: instance.id });
    if (!('data' in outcome)) return false;
    const { run } = instance;
    passing.probe = serveProbe({ container: fn.id, instance: instance.id, run: randomUUID() }, listenMs, () => {
      passing.probe?.close();
      if (instance.run === run && instance.token === token) reference.rules.ended(instance);
    });
    return true;
  },
  reach: async ({ gone, instance, token, probe }) => {
    const giveUpAt = reference.clock.now() + current().reachMs;
    while (!gone.aborted) {
      if (instance?.token !== token || instance.run === null) return 'ended';
      if (reference.clock.now() >= giveUpAt) return 'silent';
      const socket = await tryToConnect(probe?.port ?? null);
      if (socket !== null) return socket;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return 'gone';
  },
  method: ({ request }) => request.method ?? 'GET',
  target: ({ request }) => request.url ?? '/',
  toFunction: ({ request, upgrade }) => [
    ...withoutHopByHop(request.rawHeaders).filter((_one, at, all) => !/^x-forwarded-/i.test(all[at - (at % 2)] ?? '')),
    ...('transfer-encoding' in request.headers ? ['Transfer-Encoding', 'chunked'] : []),
    ...['X-Forwarded-For', request.socket.remoteAddress ?? '', 'X-Forwarded-Host', request.headers.host ?? ''],
    ...[
      'X-Forwarded-Port',
      String(request.socket.localPort),
      'X-Forwarded-Proto',
      'http',
      'X-Forwarded-Scheme',
      'http',
    ],
    ...(upgrade === null
      ? ['Connection', 'close']
      : ['Connection', 'Upgrade', 'Upgrade', request.headers.upgrade ?? '']),
  ],
  toCaller: (raw) => withoutHopByHop(raw),
  status: (status) => status,
  sendBody: (from, to) => void from.pipe(to),
  breakOff: ({ response }) => void response.destroy(),
  pass: (passing, socket) =>
    new Promise((resolve) => {
      const rules = current();
      const { request, response, gone } = passing;
      const end = (): void => {
        socket.destroy();
        resolve();
      };
      const upstream = openRequest({
        createConnection: () => socket,
        method: rules.method(passing),
        path: rules.target(passing),
        headers: rules.toFunction(passing),
        setHost: false,
      });
      const fail = (): void => {
        if (response.headersSent) rules.breakOff(passing);
        else if (!gone.aborted) rules.answerRefusal(passing, 'ended');
        end();
      };
      gone.addEventListener('abort', end, { once: true });
      upstream.on('error', fail);
      upstream.on('response', (answer) => {
        const { statusCode = 502, rawHeaders } = answer;
        response.writeHead(rules.status(statusCode, passing), rules.toCaller(rawHeaders, passing));
        response.flushHeaders();
        rules.sendBody(answer, response, passing);
        answer.on('close', () => (answer.complete ? response.on('close', end) : fail()));
        response.on('finish', end);
      });
      upstream.on('upgrade', (answer, changed, early) => {
        passing.response.detachSocket(passing.upgrade?.socket as Socket);
        const lines = rules.toCaller(answer.rawHeaders, passing);
        const pairs = lines.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${lines[at + 1]}`] : []));
        const head = ['HTTP/1.1 101 Switching Protocols', ...pairs, 'Connection: Upgrade'];
        passing.upgrade?.socket.write(`${[...head, `Upgrade: ${answer.headers.upgrade}`].join('\r\n')}\r\n\r\n`);
        rules.changeProtocol(passing, changed as Socket, early);
        changed.on('close', end);
      });
      rules.sendBody(request, upstream, passing);
    }),
  changeProtocol: ({ upgrade }, socket, early) => {
    if (upgrade === null) return;
    const { socket: caller } = upgrade;
    socket.on('error', () => {});
    caller.write(early);
    socket.write(upgrade.early);
    socket.pipe(caller);
    caller.pipe(socket);
    caller.on('close', () => socket.destroy());
    socket.on('close', () => caller.destroy());
  },
  answerRefusal: ({ response }, why) => {
    const { status, body } = current().refuse[why];
    response.writeHead(status, { 'Content-Type': 'text/plain', 'Content-Length': body.length }).end(body);
  },
  release: async (passing) => {
    const { instance, token, probe } = passing;
    probe?.close();
    if (instance === null || instance.token !== token) return;
    await reference.rules.release({ ...toCall(passing), instanceId: instance.id });
  },
});

/** As a caller of the API would ask, with the gateway's own token. */
const toCall = ({ request, fn, token, gone }: Passing): Accepted => ({
  ...{
    method: 'POST',
    path: '',
    key: undefined,
    query: new URLSearchParams(),
    rawHeaders: [],
    contentType: '',
    text: '',
  },
  ...{ connection: request.socket, hungUp: gone, operation: null, fields: null },
  ...{ fn, token, instanceId: '', variables: {} },
});

const hopByHop = ['connection', 'keep-alive', 'te', 'transfer-encoding', 'upgrade', 'proxy-connection'];

const withoutHopByHop = (raw: readonly string[]): string[] => {
  const pairs = raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? ''] as const] : []));
  const named = pairs
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.toLowerCase().split(/\s*,\s*/));
  const dropped = new Set([...hopByHop, ...named]);
  return pairs.filter(([name]) => !dropped.has(name.toLowerCase())).flat();
};

const tryToConnect = (port: number | null): Promise<Socket | null> =>
  new Promise((resolve) => {
    if (port === null) return resolve(null);
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.on('error', () => resolve(null));
  });
