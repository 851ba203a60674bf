import { join } from 'node:path';
import type { ContractOptions } from '../../contract-tests/model/options.ts';
import type { Emulator } from '../emulator/public-types.ts';
import { startEmulator } from '../emulator/start-emulator.ts';
import { packageRoot } from '../shared/package.ts';
import type { Configuration } from './configuration/read.ts';
import type { Plan } from './contract-plan.ts';
import { toLoadOptions } from './options.ts';
import { createImageReporter } from './output.ts';

/** What suits a target that was started for the run. Disposing stops it. */
interface ContractTarget extends AsyncDisposable {
  readonly options: Partial<ContractOptions>;
}

/** The domains of fixtures/probe.yaml, at the emulator's own gateway. */
const toLinked = ({ gatewayUrl, stack }: Emulator): Pick<ContractOptions, 'linked'> => {
  if (gatewayUrl === null) return {};
  const { port } = new URL(gatewayUrl);
  const toHost = (name: string): string => `${name}.localhost:${port}`;
  return {
    linked: {
      url: gatewayUrl,
      hosts: stack.functions.map(({ identifier }) => toHost(identifier)),
      lateHost: toHost('probe-late'),
      silentHost: toHost('probe-silent'),
    },
  };
};

/**
 * Nothing where the settings name a target; else an emulator on a free port, whose clock the run may move: no lease is
 * waited for.
 */
export const openTarget = async (
  { options }: Plan,
  { values }: Configuration,
  { json, signal }: { readonly json: boolean; readonly signal: AbortSignal },
): Promise<ContractTarget> => {
  if (options.url !== undefined) return { options: {}, [Symbol.asyncDispose]: () => Promise.resolve() };
  const { stack, root, var: variables, 'var-file': varFile } = values;
  const runtime = values['runtime'] === 'simulated' ? 'simulated' : 'docker';
  const load = toLoadOptions({
    ...(typeof root === 'string' ? { root } : {}),
    ...(Array.isArray(variables) ? { var: variables } : {}),
    ...(typeof varFile === 'string' ? { varFile } : {}),
  });
  const emulator = await startEmulator({
    stack: typeof stack === 'string' ? stack : join(packageRoot, 'fixtures', 'probe.yaml'),
    ...load,
    runtime,
    signal,
    onImageProgress: createImageReporter(json),
  });
  const { functions, otherContainers } = emulator.stack;
  const [other] = otherContainers;
  const isProbe = stack === undefined && runtime === 'docker';
  return {
    options: {
      url: emulator.url,
      accessKey: emulator.accessKey,
      containers: functions.map(({ containerId }) => containerId),
      ...(other === undefined ? {} : { nonFunctionContainer: other.containerId }),
      advanceClock: (ms) => emulator.clock.advance(ms),
      // A simulation runs nothing that could report. What it does by itself takes only the time of a busy machine.
      ...(runtime === 'simulated' ? { callback: { mode: 'off' }, settleMs: 1_000 } : {}),
      ...(isProbe ? { callback: { mode: 'required' }, ...toLinked(emulator) } : {}),
    },
    [Symbol.asyncDispose]: () => emulator.stop(),
  };
};
