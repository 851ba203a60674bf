import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Exec } from 'dockerode';
import { atMost } from '../../../shared/async.ts';
import type { CommandEnd, CommandRequest, Exit, OutputChunk } from '../../port.ts';
import type { DockerConnection } from '../engine/connection.ts';
import { inspectContainer } from '../engine/container-api.ts';
import { reasonOf, statusOf } from '../engine/docker-errors.ts';
import { parseFrames } from '../engine/output.ts';
import { hasProcess } from '../engine/quirks.ts';

const mostOutputBytes = 4_096;

/** Its output may end a moment before the engine knows that the command has, or long before where it has closed it. */
const pausesMs = { first: 5, longest: 500 };

/** With the container's process all commands are killed, some time before the engine says so. */
const killed = { code: 137, reportedWithinMs: 1_000 };

/** Marks the command and all that it starts, so that these can be found again. */
const markName = 'CYCLE_EMULATOR_COMMAND';

/**
 * Kills what has the mark, which is this script's argument and so not among its own variables. The API of no engine can end
 * one command of a container, and the process IDs that it shows are those of the engine's machine. Stopped first, none goes on
 * when another that it waits for is killed.
 */
const killScript = `for signal in STOP KILL; do for p in /proc/[0-9]*; do grep -qs "$0" "$p/environ" && kill -$signal "\${p##*/}"; done; done`;

/**
 * Runs a command in a running container. An aborted signal kills it with a second command, which needs a shell and `grep` in
 * the image; without them it stays until it ends by itself or with the run. Resolves once it has ended, in each case.
 *
 * @param exited the end of the container's process
 * @throws the client's error, as any of its requests
 */
export const exec = async (
  connection: DockerConnection,
  dockerId: string,
  { command, environment, signal }: CommandRequest,
  exited: Promise<Exit>,
): Promise<CommandEnd | null> => {
  const container = connection.docker.getContainer(dockerId);
  const state = async () => (await inspectContainer(connection, dockerId))?.State.Status ?? 'removing';
  const mark = `${markName}=${randomUUID()}`;
  const Env = [...Object.entries(environment).map(([key, value]) => `${key}=${value}`), mark];
  const kill = (): void => {
    void container
      .exec({ Cmd: ['/bin/sh', '-c', killScript, mark] })
      .then((killing) => killing.start({ Detach: true }))
      .catch(() => {});
  };
  try {
    const begun = await container.exec({ Cmd: [...command], Env, AttachStdout: true, AttachStderr: true });
    if (signal.aborted) return null;
    const printed = await begun.start({ Detach: false });
    if (signal.aborted) kill();
    else signal.addEventListener('abort', kill, { once: true });
    const lastOutput = await readTail(parseFrames(printed));
    const code = await loadCode(begun);
    if (code === 0) return { code, lastOutput };
    if (code === killed.code && !signal.aborted) await atMost(killed.reportedWithinMs, exited);
    return hasProcess(await state()) ? { code, lastOutput } : null;
  } catch (error) {
    if (statusOf(error) === null) throw error;
    return hasProcess(await state()) ? { code: null, lastOutput: reasonOf(error) } : null;
  } finally {
    signal.removeEventListener('abort', kill);
  }
};

const readTail = async (output: AsyncIterable<OutputChunk>): Promise<string> => {
  let tail = Buffer.alloc(0);
  for await (const { data } of output) tail = Buffer.concat([tail, data]).subarray(-mostOutputBytes);
  return tail.toString().trim();
};

const loadCode = async (begun: Exec): Promise<number | null> => {
  for (let pauseMs = pausesMs.first; ; pauseMs = Math.min(2 * pauseMs, pausesMs.longest)) {
    const { Running, ExitCode } = await begun.inspect();
    if (!Running) return ExitCode;
    await pause(pauseMs);
  }
};
