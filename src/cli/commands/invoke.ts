import { randomBytes } from 'node:crypto';
import { EmulatorError, errorCodes } from '../../shared/errors.ts';
import type { RemoteEvent, Schemas } from '../client/control-shapes.ts';
import { Remote, type RemoteOutput } from '../client/emulator-client.ts';
import { findFunction } from '../client/find-target.ts';
import type { RemoteFlags } from '../options.ts';
import { brokenPipe, printError, printJson, writeOut } from '../output.ts';
import { interrupted, listenForStopSignal, StopRequested } from '../stop-signal.ts';

export type InvokeFlags = RemoteFlags & { readonly env: Readonly<Record<string, string>> };

/** What the engine reports of a process that a SIGKILL has ended. */
const killed = 137;

const leave = 'The same again leaves that to the emulator.';

const toHint = (name: string): string =>
  `${name} was killed, for it had not ended within its graceful_timeout. The first process of a container gets only signals that it handles: handle SIGTERM, have a shell \`exec\` the program, or start it by an init such as tini.`;

/** `invoke <function>`: runs it once, passes on what it prints, and answers its exit code. */
export const invoke = async (functionName: string, { json, env, ...connection }: InvokeFlags): Promise<number> => {
  const remote = new Remote(connection);
  const state = await remote.state();
  const target = findFunction(state, functionName);
  const stopSignal = listenForStopSignal(() => process.exit(interrupted));
  const token = randomBytes(12).toString('hex');
  // Before the claim, so that the end of a quick run is not missed.
  const listening = new AbortController();
  const happenings = await remote.events({ follow: true, signal: listening.signal });
  try {
    const claimed = await remote.schedule('claim', target, { token }, stopSignal);
    const { instance_id: instanceId } = claimed as { instance_id: string };
    const held = { token, instance_id: instanceId };
    // Before the start, so that not a byte is missed.
    const { output: printed } = await remote.output(instanceId, { follow: true, signal: listening.signal });
    await remote.schedule('spawn', target, { ...held, runtime_variables: { environment_variables: env } });
    const readerGone = new AbortController();
    const output = passOn(printed, json, readerGone);
    // A connection that breaks is reported where its end is waited for.
    output.catch(() => {});
    // Releasing ends the run, and its end is what is waited for.
    const release = (): void => {
      remote.schedule('release', target, held).catch(() => {});
      if (stopSignal.aborted)
        printError(`Waiting for ${target.name} to end, as long as its graceful_timeout says. ${leave}`);
    };
    const unwanted = AbortSignal.any([stopSignal, readerGone.signal]);
    unwanted.addEventListener('abort', release, { once: true });
    if (unwanted.aborted) release();
    const { exit } = await endOf(happenings, instanceId);
    const { stdout, stderr } = await output;
    if (json) printJson({ instance_id: instanceId, ...exit, stdout, stderr });
    const wasKilled = exit?.code === killed && !exit.out_of_memory;
    if (stopSignal.aborted && wasKilled) printError(toHint(target.name));
    if (stopSignal.aborted) return interrupted;
    if (readerGone.signal.aborted) return brokenPipe;
    if (wasKilled && (await isStopping(remote))) printError(`${target.name} was killed, for the emulator stops.`);
    if (exit?.out_of_memory) printError(`${target.name} ran out of memory.`);
    return exit?.code ?? 1;
  } catch (error) {
    if (error instanceof StopRequested) return interrupted;
    await nameFault(remote, target, state.clock.now).catch(() => {});
    throw error;
  } finally {
    listening.abort();
  }
};

/** Also where it has stopped already. */
const isStopping = (remote: Remote): Promise<boolean> =>
  remote.ready().then(
    ({ reason }) => reason !== null,
    () => true,
  );

/** Both streams to where they belong, or into strings. */
const passOn = async (printed: AsyncIterable<RemoteOutput>, keep: boolean, readerGone: AbortController) => {
  const kept: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
  for await (const piece of printed) {
    if (piece.stream === 'missing') printError(piece.what);
    else if (keep) kept[piece.stream].push(piece.data);
    else if (!(await writeOut(process[piece.stream], piece.data))) readerGone.abort();
  }
  const toText = (bytes: readonly Buffer[]): string =>
    new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.concat(bytes));
  return { stdout: toText(kept.stdout), stderr: toText(kept.stderr) };
};

const showFault = ({ id, effect }: RemoteEvent): void =>
  printError(`Fault ${JSON.stringify(id)} strikes this run: ${effect}.`);

/** What broke a request may be a fault, though its answer cannot say so. */
const nameFault = async (remote: Remote, target: Schemas['Function'], since: string): Promise<void> => {
  let latest: RemoteEvent | undefined;
  for await (const event of await remote.events({ follow: false, after: 0 })) {
    const isRecent = event.name === 'fault.fired' && event.container_id === target.container_id && event.at >= since;
    if (isRecent) latest = event;
  }
  if (latest !== undefined) showFault(latest);
};

const endOf = async (happenings: AsyncIterable<RemoteEvent>, instanceId: string): Promise<RemoteEvent> => {
  for await (const event of happenings) {
    if (event.instance_id !== instanceId) continue;
    if (event.name === 'fault.fired') showFault(event);
    if (event.name === 'instance.ended') return event;
  }
  throw new EmulatorError(
    errorCodes.emulatorUnreachable,
    'Failed to wait for the end of the run: the emulator has stopped. Start it again.',
  );
};
