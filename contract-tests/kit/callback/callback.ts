import type { CallbackOptions } from '../../model/options.ts';
import { type Receiver, startReceiver } from './receiver.ts';

/** Whether functions report, as far as the run has found out. */
export interface Callback extends AsyncDisposable {
  /** The receiver, started when first asked for; null where functions are not to be looked into. */
  receiver(): Promise<Receiver | null>;
  /** Why cases that look into functions cannot run; null while they can. */
  readonly obstacle: string | null;
  /** A function has reported, or must: that another does not is a failure from now on. */
  readonly isCertain: boolean;
  noteReport(): void;
  /** The first function that was asked to report has not. */
  noteSilence(): void;
}

export const createCallback = (options: CallbackOptions | undefined, isLoopback: boolean): Callback => {
  const mode = options?.mode ?? (isLoopback || options?.url !== undefined ? 'auto' : 'off');
  let obstacle = mode === 'off' ? 'it needs a callback URL that functions can reach' : null;
  let isCertain = mode === 'required';
  let starting: Promise<Receiver> | undefined;
  return {
    receiver: async () => {
      if (obstacle !== null) return null;
      starting ??= startReceiver(options ?? {});
      return await starting;
    },
    get obstacle() {
      return obstacle;
    },
    get isCertain() {
      return isCertain;
    },
    noteReport: () => {
      isCertain = true;
    },
    noteSilence: () => {
      obstacle = 'the function reports nothing: it is not the probe, or cannot reach the callback URL';
    },
    [Symbol.asyncDispose]: async () => {
      await (await starting?.catch(() => undefined))?.[Symbol.asyncDispose]();
    },
  };
};
