import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { SampleFunction } from './sample-stack.ts';

const program = new URL('./measured-emulator.ts', import.meta.url).pathname;

/** What an emulator's process takes, after its garbage was collected. */
export type Measure = NodeJS.MemoryUsage & {
  /** How many files are open, connections of callers not counted; 0 where the system does not say. */
  readonly files: number;
  /** How many things keep Node from ending, but for connections of callers and timers. */
  readonly handles: number;
  /** Whether every instance waits to be claimed. */
  readonly full: boolean;
};

type Begun = {
  readonly url: string;
  readonly port: number;
  readonly session: string;
  /** Container IDs by function. */
  readonly ids: Readonly<Record<string, string>>;
};

export type MeasuredEmulator = AsyncDisposable & Begun & { measure(): Promise<Measure> };

/** An emulator in a process of its own; disposing stops it. */
export const startMeasured = async (
  runtime: 'docker' | 'simulated',
  functions: Readonly<Record<string, SampleFunction>>,
): Promise<MeasuredEmulator> => {
  const child = fork(program, [JSON.stringify({ runtime, functions })], { execArgv: ['--expose-gc'] });
  const ended = once(child, 'exit');
  const next = async (): Promise<unknown> => {
    const [message] = await Promise.race([
      once(child, 'message'),
      ended.then(([code]) => Promise.reject(new Error(`the measured emulator ended with code ${code}`))),
    ]);
    return message;
  };
  const begun = (await next()) as Begun;
  return {
    ...begun,
    measure: async () => {
      child.send('measure');
      return (await next()) as Measure;
    },
    [Symbol.asyncDispose]: async () => {
      child.disconnect();
      await ended;
    },
  };
};
