import { randomUUID } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { toFunctionSetup } from '../../../src/emulator/pools.ts';
import { Engine } from '../../../src/engine/engine.ts';
import { createAddressPlan } from '../../../src/environment/addresses.ts';
import { createFaults } from '../../../src/faults/faults.ts';
import { createDomains } from '../../../src/gateway/domains.ts';
import { type GatewayOptions, openGateway } from '../../../src/gateway/gateway.ts';
import { type GatewayPolicies, toGatewayPolicies } from '../../../src/profile/imitate-gateway.ts';
import type { LinkedRequestEvent } from '../../../src/recording/linked-request.ts';
import { type Behaviour, SimulatedRuntime } from '../../../src/runtime/simulated/simulated-runtime.ts';
import type { SchedulerEvent } from '../../../src/scheduler/commands.ts';
import { createMovableClock } from '../../../src/shared/clock.ts';
import { Listeners } from '../../../src/shared/events.ts';
import { silentLogger } from '../../../src/shared/logger.ts';
import type { Stack } from '../../../src/stack/model.ts';
import { type SampleFunction, sampleStack } from '../sample-stack.ts';

type Options = {
  /** What listens as the function, of every instance: one of Node's servers, not listening yet. Without it, nothing does. */
  readonly functionServer?: Server;
  readonly spec?: SampleFunction;
  /** How commands in its containers end. */
  readonly exec?: Behaviour['exec'];
  /** Whether only the kill after the grace ends them. */
  readonly ignoresSignals?: boolean;
  /** Changes the stack that is served. */
  readonly change?: (stack: Stack) => Stack;
  /** A function of a process elsewhere, at this port. */
  readonly functionPort?: number;
  readonly policies?: Partial<GatewayPolicies>;
} & Pick<GatewayOptions, 'record'>;

/**
 * A gateway before a simulated runtime, on a frozen clock: claims, limits and runs are real, and a server of this process
 * answers as the function `web` in the place of its containers.
 */
export const startSampleGateway = async ({
  functionServer,
  spec,
  exec,
  ignoresSignals = false,
  change = (stack) => stack,
  functionPort,
  policies,
  ...more
}: Options) => {
  await using opened = new AsyncDisposableStack();
  const network = { public: 'enable', ports: ['80:8080'] };
  const stack = change(sampleStack({ web: { instances: 4, ...spec, network } }));
  const clock = createMovableClock({ frozenAt: 1_000_000 });
  const runtime = opened.use(
    new SimulatedRuntime({
      clock,
      ...((exec || ignoresSignals) && { behaviour: () => ({ ...(exec && { exec }), ignoresSignals }) }),
    }),
  );
  const engine = new Engine({ serverId: stack.serverId, otherContainers: [] }, runtime, clock);
  opened.defer(() => engine.dismissAll('the test is over'));
  const addresses = createAddressPlan(
    stack.environment.id,
    { number: 1, ipv6: false },
    stack.functions.map(({ containerId, pool }) => ({ containerId, maxPoolSize: pool.maxPoolSize })),
  );
  const context = { serverId: stack.serverId, addresses, image: 'sample', hot: 0 };
  await engine.fill(stack.functions.map((one) => toFunctionSetup(one, context)));
  const port = functionPort ?? (functionServer === undefined ? await unusedPort() : await listen(functionServer));
  const sockets = new Set<Socket>();
  functionServer?.on('connection', (socket) => sockets.add(socket));
  if (functionServer !== undefined) opened.defer(() => closeServer(functionServer, sockets));
  const faults = createFaults({ clock, onFire: () => {} });
  const linked: LinkedRequestEvent[] = [];
  const events: SchedulerEvent[] = [];
  engine.subscribe((event) => events.push(event));
  const resets = new Listeners<void>();
  const options: GatewayOptions = {
    service: engine,
    subscribe: (listener) => engine.subscribe(listener),
    onReset: (listener) => resets.add(listener),
    newToken: () => `linked-${randomUUID()}`,
    hasReadinessCheck: (id) => stack.functions.some((one) => one.containerId === id && one.checks.readiness !== null),
    graceMsOf: (id) => stack.functions.find((one) => one.containerId === id)?.shutdown.graceMs ?? 0,
    domains: createDomains(stack),
    clock,
    faults,
    logger: silentLogger,
    addressOf: () => ({ host: '127.0.0.1', port, listensInside: null }),
    emit: (event) => linked.push(event),
    host: '127.0.0.1',
    port: 0,
    closeGraceMs: 100,
    policies: { ...toGatewayPolicies({}), ...policies },
    ...more,
  };
  const gateway = opened.use(await openGateway(options));
  const { containerId } = stack.functions[0] ?? { containerId: '' };
  const whole = opened.move();
  return {
    gateway,
    options,
    engine,
    clock,
    faults,
    stack,
    containerId,
    /** Events of the scheduler, and of the gateway. */
    events,
    linked,
    reset: async () => {
      const refilled = engine.reset();
      resets.emit();
      await refilled;
    },
    counts: () => engine.readiness().functions[0],
    fetch: (path = '/', init: RequestInit = {}) =>
      fetch(`${gateway.url}${path}`, { ...init, headers: { ...init.headers, 'X-Cycle-Host': 'web.localhost' } }),
    /** Resolves once no instance is in use and none is being made. */
    idle: () =>
      until(
        (listener) => engine.subscribe(listener),
        () => {
          const [counts] = engine.readiness().functions;
          return counts !== undefined && counts.available === counts.size && counts.waiting === 0;
        },
      ),
    /** Resolves with the first event of that name, also one that has been. */
    event: (name: SchedulerEvent['name']) =>
      until(
        (listener) => engine.subscribe(listener),
        () => events.some((event) => event.name === name),
      ),
    [Symbol.asyncDispose]: () => whole.disposeAsync(),
  };
};

export type SampleGateway = Awaited<ReturnType<typeof startSampleGateway>>;

const until = async (subscribe: (listener: () => void) => () => void, holds: () => boolean): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  // After the event, the command it came of is through.
  const look = () => setImmediate(() => holds() && resolve());
  const unsubscribe = subscribe(look);
  look();
  await promise.finally(unsubscribe);
};

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });

const closeServer = (server: Server, sockets: ReadonlySet<Socket> = new Set()): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    // Also those that have changed protocols, which Node's own count leaves out.
    for (const socket of sockets) socket.destroy();
  });

const unusedPort = async (): Promise<number> => {
  const server = createServer();
  const port = await listen(server);
  await closeServer(server);
  return port;
};

/** A function that answers with bytes of its own choice. */
export const rawFunction = (serve: (socket: Socket) => void): Server =>
  createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    serve(socket);
  });

type Sent = {
  /** What to wait for; without it, the end of the connection. */
  readonly until?: RegExp;
  /** What to send once it has come, and what to wait for then; without that, the end of the connection. */
  readonly behind?: string;
  readonly last?: RegExp;
  readonly halfClose?: boolean;
};

/** Sends bytes to the gateway and collects what comes. */
export const exchange = (
  port: number,
  bytes: string | Buffer,
  { until: wanted, behind, last, halfClose = false }: Sent = {},
): Promise<string> =>
  new Promise((resolve) => {
    let text = '';
    let rest = behind;
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const done = () => {
      socket.destroy();
      resolve(text);
    };
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (rest === undefined) {
        if ((behind === undefined ? wanted : last)?.test(text)) done();
      } else if (wanted?.test(text)) {
        socket.write(rest);
        rest = undefined;
      }
    });
    socket.on('error', () => {});
    socket.on('end', done);
    socket.on('close', done);
    if (halfClose) socket.end(bytes);
    else socket.write(bytes);
  });
