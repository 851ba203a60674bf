import { join } from 'node:path';
import type { ContractOptions } from '../../contract-tests/model/options.ts';
import { startEmulator } from '../emulator/start-emulator.ts';
import { packageRoot } from '../shared/package.ts';
import type { LoadOptions } from '../stack/load-stack.ts';
import type { Configuration } from './configuration/read.ts';
import type { Plan } from './contract-plan.ts';
import { toLoadOptions } from './options.ts';
import { createImageReporter } from './output.ts';

/** What suits a target that was started for the run. Disposing stops it. */
interface ContractTarget extends AsyncDisposable {
  readonly options: Partial<ContractOptions>;
}

/** The target that the settings name, or an emulator of our own where they name none. */
export const openTarget = async (
  { options }: Plan,
  { values }: Configuration,
  { json, signal }: { readonly json: boolean; readonly signal: AbortSignal },
): Promise<ContractTarget> => {
  if (options.url !== undefined) return { options: {}, [Symbol.asyncDispose]: () => Promise.resolve() };
  const { stack, runtime, root, var: variables, 'var-file': varFile } = values;
  return await startOwn(
    typeof stack === 'string' ? stack : undefined,
    toLoadOptions({
      ...(typeof root === 'string' ? { root } : {}),
      ...(Array.isArray(variables) ? { var: variables as readonly string[] } : {}),
      ...(typeof varFile === 'string' ? { varFile } : {}),
    }),
    runtime === 'simulated' ? 'simulated' : 'docker',
    json,
    signal,
  );
};

/** An emulator on a free port whose clock the run may move, so that no lease is waited for. */
const startOwn = async (
  path: string | undefined,
  load: LoadOptions,
  runtime: 'docker' | 'simulated',
  json: boolean,
  signal: AbortSignal,
): Promise<ContractTarget> => {
  const stack = path ?? join(packageRoot, 'fixtures', 'probe.yaml');
  const emulator = await startEmulator({
    stack,
    ...load,
    runtime,
    signal,
    onImageProgress: createImageReporter(json),
  });
  const { functions, otherContainers } = emulator.stack;
  const [other] = otherContainers;
  const isProbe = path === undefined && runtime === 'docker';
  return {
    options: {
      url: emulator.url,
      accessKey: emulator.accessKey,
      containers: functions.map(({ containerId }) => containerId),
      ...(other === undefined ? {} : { nonFunctionContainer: other.containerId }),
      advanceClock: (ms) => emulator.clock.advance(ms),
      // A simulation runs nothing that could report. What it does by itself takes only the time of a busy machine.
      ...(runtime === 'simulated' ? { callback: { mode: 'off' }, settleMs: 1_000 } : {}),
      ...(isProbe ? { callback: { mode: 'required' } } : {}),
    },
    [Symbol.asyncDispose]: () => emulator.stop(),
  };
};
