import { fileURLToPath } from 'node:url';
import type { ContractOptions } from '../../contract-tests/model/options.ts';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';

/** An emulator without containers, and what a run against it needs. */
export interface SimulatedTarget extends AsyncDisposable {
  readonly emulator: Emulator;
  readonly options: ContractOptions;
}

export const startSimulatedTarget = async (fixture = 'probe'): Promise<SimulatedTarget> => {
  const stack = fileURLToPath(new URL(`../../fixtures/${fixture}.yaml`, import.meta.url));
  const emulator = await startEmulator({ stack, runtime: 'simulated' });
  const [other] = emulator.stack.otherContainers;
  return {
    emulator,
    options: {
      url: emulator.url,
      accessKey: emulator.accessKey,
      containers: emulator.stack.functions.map(({ containerId }) => containerId),
      ...(other === undefined ? {} : { nonFunctionContainer: other.containerId }),
      advanceClock: (ms) => emulator.clock.advance(ms),
      callback: { mode: 'off' },
      settleMs: 500,
      ledgerFolder: false,
      exploreSeconds: 0,
    },
    [Symbol.asyncDispose]: () => emulator.stop(),
  };
};
