import type { Engine } from '../engine/engine.ts';
import { RunLog } from '../engine/run-log.ts';
import { EmulatorError, errorCodes } from '../errors.ts';
import type { RunOutput } from './interface.ts';

/** What the instance's latest run has printed; nothing, and no more to come, where there was no run yet. */
export const readLogs = (engine: Engine, instanceId: string): RunOutput => {
  if (!engine.hasInstance(instanceId)) {
    throw new EmulatorError(
      errorCodes.badOption,
      `Failed to read the logs of "${instanceId}": there is no such instance. Use the instance ID that claim answered.`,
    );
  }
  return engine.logOf(instanceId) ?? nothing();
};

const nothing = (): RunLog => {
  const log = new RunLog();
  log.close();
  return log;
};
