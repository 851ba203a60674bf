import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ProbeServer } from './probe-http.ts';
import type { Fn, Instance, Reference } from './rules.ts';

/** A request on its way through the reference gateway; its state is open, so that a mutant can do anything to it. */
export type Passing = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The caller's connection and its first bytes, where it asks to change protocols. */
  readonly upgrade: { readonly socket: Socket; readonly early: Buffer } | null;
  /** Aborts when the caller is gone. */
  readonly gone: AbortSignal;
  readonly token: string;
  fn: Fn;
  listenMs: number | null;
  instance: Instance | null;
  probe: ProbeServer | null;
};

export type Refused = 'unknownHost' | 'noneFree' | 'notStarted' | 'ended' | 'silent';

/** Another function than the reference scheduler's two, by its host. */
type Destination = { readonly fn: Fn; readonly listenMs: number | null };

/** All the reference gateway does, each rule on its own. */
export type GatewayRules = {
  refuse: Record<Refused, { readonly status: number; readonly body: string }>;
  /** How long a function may take to listen. */
  reachMs: number;
  destination: (host: string, request: IncomingMessage) => Destination | null;
  serve: (passing: Passing) => Promise<void>;
  /** Reserves an instance; null where none becomes free. */
  claim: (passing: Passing) => Promise<Instance | null>;
  /** Starts it; false where it does not start. */
  spawn: (passing: Passing) => Promise<boolean>;
  /** The first connection that the function accepts; a word for why there is none. */
  reach: (passing: Passing) => Promise<Socket | 'ended' | 'silent' | 'gone'>;
  method: (passing: Passing) => string;
  target: (passing: Passing) => string;
  /** Headers as their function, or their caller, gets them: names and values in turn. */
  toFunction: (passing: Passing) => string[];
  toCaller: (raw: readonly string[], passing: Passing) => string[];
  status: (status: number, passing: Passing) => number;
  /** Sends the body of a request, or of an answer. */
  sendBody: (from: NodeJS.ReadableStream, to: NodeJS.WritableStream, passing: Passing) => void;
  /** What the caller gets whose answer broke off. */
  breakOff: (passing: Passing) => void;
  /** Passes the request on over the connection and its answer back; resolves when both are over. */
  pass: (passing: Passing, socket: Socket) => Promise<void>;
  changeProtocol: (passing: Passing, socket: Socket, early: Buffer) => void;
  answerRefusal: (passing: Pick<Passing, 'response' | 'request'>, why: Refused) => void;
  /** Gives the instance back, however the request has ended. */
  release: (passing: Passing) => Promise<void>;
};

/** Rules in the place of the usual ones, or a function of them. */
export type GatewayChange =
  | Partial<GatewayRules>
  | ((rules: GatewayRules, reference: Reference) => Partial<GatewayRules>);
