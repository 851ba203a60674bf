import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from './client.ts';
import { type EmulatorProcess, startEmulatorProcess, untilFull } from './emulator-process.ts';
import { functionOf, stackOf } from './stacks.ts';

/** Inside its container. */
const port = 8080;

/** Answers one request: of `/N`, so many bytes; the hash of what it is sent. No process for a header: the gateway adds some. */
const serve = `
read -r method path rest
length=0
cr=$(printf '\\r')
while read -r name value; do
  case $name in "$cr") break ;; Content-Length:) length=\${value%"$cr"} ;; esac
done
copy() { dd bs=65536 iflag=count_bytes count="$1" 2> /dev/null; }
say() { printf 'HTTP/1.1 200 OK\\r\\nContent-Length: %s\\r\\n\\r\\n' "$1"; }
case $method$path in
  POST*) sum=$(copy "$length" | md5sum); say \${#sum}; printf %s "$sum" ;;
  GET/zeros/*) say "\${path##*/}"; copy "\${path##*/}" < /dev/zero ;;
  GET/random/*) say "\${path##*/}"; copy "\${path##*/}" < /dev/urandom ;;
esac
`;

const command = { path: '/bin/sh', args: `-c 'exec nc -l -p ${port} -e /bin/sh -c "eval \\"\\$SERVE\\""'` };

/** An emulator with one hot instance of a function that listens, named `web`. */
export const startHttpFunction = async (signal: AbortSignal): Promise<EmulatorProcess> => {
  const spec = functionOf('busybox:1.37', { instances: 1, command }) as { config: { runtime: object } };
  const runtime = { ...spec.config.runtime, environment_vars: { SERVE: serve } };
  const network = { public: 'enable', ports: [`80:${port}`] };
  const shutdown = { graceful_timeout: '0s' };
  const { deploy } = spec.config as unknown as { deploy: object };
  const web = { ...spec, config: { ...spec.config, runtime, network, deploy: { ...deploy, shutdown } } };
  const emulator = await startEmulatorProcess(stackOf({ web }, { web: { hot: 1 } }), ['--gateway-port', '0'], signal);
  await untilFull(emulator);
  return emulator;
};

export type Instance = AsyncDisposable & { readonly host: string; readonly port: number };

/** One that was claimed and spawned by the API and accepts connections; disposing releases it and waits for the next. */
export const spawnByApi = async (emulator: EmulatorProcess, client: Client): Promise<Instance> => {
  const path = `${emulator.url}/v1/functions/${emulator.functions['web']}`;
  const token = 'bench';
  const { instance_id, environment } = (await client.post(`${path}/claim`, { token })) as Claimed;
  const body = { token, instance_id };
  await client.post(`${path}/spawn`, body);
  return {
    host: environment.legacy.ipv4.ip,
    port,
    [Symbol.asyncDispose]: async () => {
      await client.post(`${path}/release`, body);
      await untilFull(emulator);
    },
  };
};

type Claimed = {
  readonly instance_id: string;
  readonly environment: { readonly legacy: { readonly ipv4: { readonly ip: string } } };
};

type Asked = { readonly host: string; readonly port: number; readonly path: string; readonly upload?: number };

/** Milliseconds from the connection's begin to the first byte of the answer, and from there, or an upload's begin, to the last. */
type Exchanged = { readonly firstByteMs: number; readonly bodyMs: number };

const buffer = Buffer.alloc(1 << 20);

/**
 * Asks and reads the answer whole, on a bare socket: a client that did more would measure itself. A port that does not accept
 * yet is asked again.
 */
export const exchange = async (asked: Asked): Promise<Exchanged> => {
  const beganAt = performance.now();
  for (;;) {
    const exchanged = await attempt(asked, beganAt);
    if (exchanged !== null) return exchanged;
    await pause(1);
  }
};

/** Null where the port does not accept. */
const attempt = async ({ host, port: to, path, upload }: Asked, beganAt: number): Promise<Exchanged | null> => {
  let firstByteAt = 0;
  let status = '';
  const read = (length: number): boolean => {
    if (firstByteAt === 0) {
      firstByteAt = performance.now();
      status = buffer.toString('latin1', 0, Math.min(length, 13));
    }
    return true;
  };
  const socket = connect({ host, port: to, noDelay: true, onread: { buffer, callback: read } });
  try {
    await once(socket, 'connect');
  } catch {
    return null;
  }
  const ended = once(socket, 'close');
  const length = upload === undefined ? '' : `Content-Length: ${upload}\r\n`;
  const method = upload === undefined ? 'GET' : 'POST';
  socket.write(`${method} ${path} HTTP/1.1\r\nHost: web.localhost\r\nConnection: close\r\n${length}\r\n`);
  const sentAt = performance.now();
  for (let left = upload ?? 0; left > 0; left -= buffer.length) {
    if (!socket.write(buffer.subarray(0, left))) await once(socket, 'drain');
  }
  await ended;
  if (!status.startsWith('HTTP/1.1 200 ')) throw new Error(`${path} was answered ${JSON.stringify(status)}`);
  const from = upload === undefined ? firstByteAt : sentAt;
  return { firstByteMs: firstByteAt - beganAt, bodyMs: performance.now() - from };
};
