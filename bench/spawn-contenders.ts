import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type Docker from 'dockerode';
import { type BareDocker, removeBare } from './bare-docker.ts';
import { type Client, claim, spawn } from './client.ts';
import type { EmulatorProcess } from './emulator-process.ts';
import { forkServer } from './fork-server.ts';
import { loadProgram, monotonicMs, parseFirstInstruction } from './function-image.ts';
import { msOf } from './interleave.ts';
import type { Kind } from './stacks.ts';
import type { StartTestcontainer } from './testcontainers.ts';

/** What starts a function that has been prepared; answers when its first instruction ran, in ms after it was asked for. */
export type Start = () => Promise<number>;

type Variables = Readonly<Record<string, string>>;

export const prepareBare = async ({ create }: BareDocker, place: number): Promise<Start> => {
  const container = await create('cold', place);
  return () => startBare(Promise.resolve(container));
};

export const startBare = async (making: Promise<Docker.Container>): Promise<number> => {
  const before = monotonicMs();
  const container = await making;
  await container.start();
  await container.wait();
  const output = () => container.logs({ stdout: true });
  let printed = await output();
  // The engine sends the event of an end before it has written down what was printed.
  for (; printed.length === 0; printed = await output()) await pause(5);
  await removeBare(container);
  return parseFirstInstruction(printed.toString()) - before;
};

/** Claims an instance; what it answers spawns it. */
export const prepareSpawn = async (
  emulator: EmulatorProcess,
  client: Client,
  kind: Kind,
  variables: Variables,
): Promise<Start> => {
  const claimed = await claim(client, emulator, kind);
  return async () => {
    const before = monotonicMs();
    await spawn(client, claimed, variables);
    let printed = '';
    const { output } = await emulator.remote.logs(claimed.body.instance_id, { follow: true });
    for await (const chunk of output) printed += chunk;
    return parseFirstInstruction(printed) - before;
  };
};

/** Until `start()` resolves: its users know of nothing earlier. */
export const startTestcontainer = async (
  start: StartTestcontainer,
  ...what: Parameters<StartTestcontainer>
): Promise<number> => {
  const { promise: started, resolve } = Promise.withResolvers<Awaited<ReturnType<StartTestcontainer>>>();
  const ms = await msOf(async () => resolve(await start(...what)));
  await (await started).stop();
  return ms;
};

/** The least that a spawn over HTTP can be: a server that starts the function's program as its own child. */
export type ProgramServer = AsyncDisposable & { spawn(client: Client, variables: Variables): Promise<number> };

export const startProgramServer = async (architecture: string): Promise<ProgramServer> => {
  const folder = mkdtempSync(join(tmpdir(), 'cycle-bench-'));
  const program = join(folder, 'first-instruction');
  writeFileSync(program, loadProgram(architecture), { mode: 0o755 });
  const server = await forkServer('bare-express.ts', ['null', `program=${program}`]);
  return {
    spawn: async (client, variables) => {
      const printed = once(server.child, 'message');
      const before = monotonicMs();
      await client.post(`http://127.0.0.1:${server.port}/spawn`, variables);
      return parseFirstInstruction(String(await printed)) - before;
    },
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    },
  };
};
