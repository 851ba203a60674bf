import type { Socket } from 'node:net';
import type { GatewayChange, Passing } from '../../reference/gateway-rules.ts';
import { type Lawful, lawful } from './lawful.ts';

const gateway = (name: string, description: string, change: GatewayChange, warns: readonly string[] = []): Lawful =>
  lawful(name, description, {}, { gateway: change, warns });

/** What is collected of an answer before any of it is sent. */
const partBytes = 65_536;

const inParts = (from: NodeJS.ReadableStream, to: NodeJS.WritableStream): void => {
  let parts: Buffer[] = [];
  const flush = (): void => {
    to.write(Buffer.concat(parts));
    parts = [];
  };
  from.on('data', (part: Buffer) => {
    parts.push(part);
    if (parts.reduce((sum, { length }) => sum + length, 0) >= partBytes) flush();
  });
  from.on('end', () => to.end(Buffer.concat(parts)));
};

/** What nothing public settles about functions over HTTP. */
export const lawfulGateways: readonly Lawful[] = [
  gateway(
    'instances-per-connection',
    'An instance serves all requests of a connection, and ends with it.',
    ({ serve, pass, reach, release }) => {
      const kept = new Map<Socket, Passing>();
      return {
        release: async (passing) => {
          const { socket } = passing.request;
          if (
            socket.destroyed ||
            (passing.response.destroyed === passing.gone.aborted && !passing.response.writableFinished)
          )
            return await release(passing);
          if (kept.has(socket)) return;
          kept.set(socket, passing);
          socket.once('close', () => {
            kept.delete(socket);
            void release(passing);
          });
        },
        serve: async (passing) => {
          const first = kept.get(passing.request.socket);
          if (first === undefined) return await serve(passing);
          const { instance, probe, token } = first;
          const again = { ...passing, instance, probe, token };
          const socket = await reach(again);
          if (typeof socket !== 'string') await pass(again, socket);
        },
      };
    },
  ),
  gateway(
    'gateways-own-headers',
    'Headers of the gateway’s own stand beside the others.',
    ({ toFunction, toCaller }) => ({
      toFunction: (passing) => [...toFunction(passing), 'Via', '1.1 gateway', 'X-Request-Id', 'abc'],
      toCaller: (raw, passing) => [...toCaller(raw, passing), 'Via', '1.1 gateway', 'Server', 'gateway'],
    }),
  ),
  gateway('gateways-other-statuses', 'Each of the gateway’s own statuses is another.', ({ refuse }) => ({
    refuse: {
      ...refuse,
      unknownHost: { status: 421, body: '' },
      noneFree: { status: 504, body: '' },
      ended: { status: 500, body: '' },
      silent: { status: 502, body: '' },
    },
  })),
  gateway('answers-in-parts', 'Answers are sent in parts of 64 KiB.', ({ sendBody }) => ({
    sendBody: (from, to, passing) => (from === passing.request ? sendBody(from, to, passing) : inParts(from, to)),
  })),
  gateway('requests-read-first', 'A request’s body is read before an instance is claimed.', ({ serve, sendBody }) => {
    const bodies = new WeakMap<Passing, Buffer>();
    return {
      serve: async (passing) => {
        const parts: Buffer[] = [];
        try {
          for await (const part of passing.request) parts.push(part as Buffer);
        } catch {
          return;
        }
        bodies.set(passing, Buffer.concat(parts));
        await serve(passing);
      },
      sendBody: (from, to, passing) => {
        if (from === passing.request) to.end(bodies.get(passing) ?? '');
        else sendBody(from, to, passing);
      },
    };
  }),
  gateway('gateways-refuse-at-once', 'A request for which no instance is free does not wait.', ({ claim }) => ({
    claim: (passing) => (passing.fn.free.length === 0 ? Promise.resolve(null) : claim(passing)),
  })),
  gateway(
    'functions-tried-again',
    'A request whose function has ended goes to another instance.',
    ({ serve, answerRefusal }) => {
      const tried = new WeakSet<Passing['response']>();
      return {
        serve: async (passing) => {
          const { response } = passing;
          await serve(passing);
          if (!tried.has(response) || response.headersSent) return;
          await serve({ ...passing, token: `${passing.token}-again` });
        },
        answerRefusal: (passing, why) => {
          if (why !== 'ended' || tried.has(passing.response)) return answerRefusal(passing, why);
          tried.add(passing.response);
        },
      };
    },
  ),
  gateway(
    'without-other-protocols',
    'No connection changes its protocol.',
    ({ toFunction }) => ({
      toFunction: (passing) =>
        toFunction(passing).filter((_one, at, all) => !/^(upgrade|connection)$/i.test(all[at - (at % 2)] ?? '')),
    }),
    ['LINKED-012'],
  ),
];
