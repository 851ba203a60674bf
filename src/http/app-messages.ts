import { IncomingMessage, type ServerOptions, ServerResponse } from 'node:http';
import type { Express } from 'express';

/**
 * Options of a server for an app: requests and responses are of the app's own kind from the start. Otherwise Express gives
 * each of them another prototype, and V8 has to learn anew what they are; that takes a tenth of the time of an answer.
 */
export const messagesOf = (app: Express): Pick<ServerOptions, 'IncomingMessage' | 'ServerResponse'> => ({
  IncomingMessage: withPrototype(IncomingMessage, app.request),
  ServerResponse: withPrototype<typeof ServerResponse>(ServerResponse, app.response),
});

type Constructor = new (...args: never[]) => object;

/** The class, but that what it makes has this prototype, which inherits from its own. */
const withPrototype = <Class extends Constructor>(base: Class, prototype: object): Class => {
  function Made(...args: readonly unknown[]): object {
    return Reflect.construct(base, args, Made);
  }
  Made.prototype = prototype;
  return Made as unknown as Class;
};
