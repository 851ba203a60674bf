import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Engine } from '../engine/engine.ts';
import type { RunLog } from '../engine/run-log.ts';
import { unlessAborted } from '../shared/async.ts';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
import type { EventStream } from '../shared/events.ts';
import type { Exit } from '../shared/types.ts';
import { claimInstance } from './in-process-claim.ts';
import { checkInvokeOptions } from './options.ts';
import type {
  Claim,
  EmulatedFunction,
  EmulatorEvent,
  Invocation,
  InvokeOptions,
  RunningInstance,
} from './public-types.ts';

/** Nothing announces that a process listens, so the port is asked, this often. */
const askEveryMs = 20;

/** How long a connection must stay open: Docker's proxy accepts for a container that does not listen yet, and then closes. */
const staysOpenMs = 50;

/** Resolves once connections are accepted there; rejects with the signal's reason when it aborts. */
export const portAnswers = async (
  address: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<void> => {
  for (;;) {
    signal.throwIfAborted();
    if (await staysOpen(address)) return;
    await pause(askEveryMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
};

const staysOpen = (address: { readonly host: string; readonly port: number }): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ ...address, timeout: 1_000 });
    const say = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => setTimeout(() => say(true), staysOpenMs));
    socket.once('data', () => say(true));
    for (const failure of ['end', 'error', 'close', 'timeout']) socket.once(failure, () => say(false));
    socket.on('error', () => {});
  });

type InvokeParts = Parameters<typeof claimInstance>[0] & {
  readonly engine: Engine;
  readonly runtime: { readonly publishedHost: string };
};

/** One whole use of a function: claim, spawn, wait, release. */
export const invokeFunction = async (
  parts: InvokeParts,
  target: Pick<EmulatedFunction, 'name' | 'id'>,
  options: InvokeOptions = {},
): Promise<Invocation> => {
  checkInvokeOptions(target.name, options);
  const { env, until = 'exit', onOutput, ...claiming } = options;
  const lap = startStopwatch();
  await using claim = await claimInstance(parts, target, claiming);
  const claimMs = lap();
  using end = awaitEnd(parts.events, claim);
  // Before the start, so that not a byte is missed.
  const log = parts.engine.views.logToFollow(claim.instanceId);
  const followed = log === undefined || onOutput === undefined ? log?.closed() : hand(log, onOutput);
  // What it throws is thrown below, when the run is over.
  followed?.catch(() => {});
  const running = await claim.spawn(env);
  const spawnMs = lap();

  if (until === 'exit') await unlessAborted(claiming.signal, end.exit);
  else await untilPort(parts.runtime.publishedHost, running, until.port, end.exit, claiming.signal, target.name);
  if (until !== 'exit') await claim.release();
  const { code, outOfMemory } = await unlessAborted(claiming.signal, end.exit);
  const runMs = lap();
  await followed;
  const { stdout = '', stderr = '', text = '', missingBytes = 0 } = log ?? {};
  return {
    instanceId: claim.instanceId,
    exitCode: code,
    outOfMemory,
    logs: { stdout, stderr, text, missingBytes },
    durationsMs: { claim: claimMs, spawn: spawnMs, run: runMs },
  };
};

/** Milliseconds since the last lap, to a tenth. */
const startStopwatch = (): (() => number) => {
  let last = performance.now();
  return () => {
    const now = performance.now();
    const ms = Math.round((now - last) * 10) / 10;
    last = now;
    return ms;
  };
};

/** Listens for the end of the claim's run, from now on: a quick process may end before its spawn is answered. */
const awaitEnd = (events: EventStream<EmulatorEvent>, { instanceId }: Claim) => {
  const givenUp = new AbortController();
  const ended = events.waitFor((event) => event.name === 'instance.ended' && event.instanceId === instanceId, {
    signal: givenUp.signal,
  });
  const exit = ended.then((event): Exit => {
    if (event.name !== 'instance.ended') throw new Error(`waited for an end and got ${event.name}`);
    return event.exit;
  });
  // The promise may have no listener when the wait is given up.
  exit.catch(() => {});
  return { exit, [Symbol.dispose]: () => givenUp.abort() };
};

const hand = async (log: RunLog, onOutput: NonNullable<InvokeOptions['onOutput']>): Promise<void> => {
  for await (const chunk of log.follow()) await onOutput(chunk);
};

const untilPort = async (
  publishedHost: string,
  { network, publishedPorts }: RunningInstance,
  port: number,
  exit: Promise<Exit>,
  signal: AbortSignal | undefined,
  name: string,
): Promise<void> => {
  const published = publishedPorts[port];
  const address = published === undefined ? { host: network.ipv4, port } : { host: publishedHost, port: published };
  const done = new AbortController();
  const both = AbortSignal.any(signal === undefined ? [done.signal] : [done.signal, signal]);
  const ended = exit.then(({ code }) => {
    throw new EmulatorError(
      errorCodes.runEnded,
      `Failed to invoke ${name}: its process ended with code ${code} before port ${port} answered. Look at what it printed.`,
    );
  });
  try {
    await Promise.race([portAnswers(address, both), ended]);
  } finally {
    done.abort();
  }
};
