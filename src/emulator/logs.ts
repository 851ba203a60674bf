import type { Engine } from '../engine/engine.ts';
import { RunLog } from '../engine/run-log.ts';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
import type { InstanceId } from '../shared/ids.ts';
import type { RunOutput } from './public-types.ts';

/** What the instance's latest run has printed; nothing, and no more to come, where there was no run yet. */
export const readLogs = (engine: Engine, instanceId: string): RunOutput => {
  if (!engine.hasInstance(instanceId)) {
    throw new EmulatorError(
      errorCodes.badOption,
      `Failed to read the logs of "${instanceId}": there is no such instance. Use the instance ID that claim answered.`,
    );
  }
  return toRunOutput(engine, instanceId, engine.logOf(instanceId) ?? nothing());
};

const toRunOutput = (engine: Engine, instanceId: InstanceId, latest: RunLog): RunOutput => ({
  get text() {
    return latest.text;
  },
  get stdout() {
    return latest.stdout;
  },
  get stderr() {
    return latest.stderr;
  },
  get missingBytes() {
    return latest.missingBytes;
  },
  missingBytesOf: (stream) => latest.missingBytesOf(stream),
  bytes: (stream) => latest.bytes(stream),
  read: () => latest.read(),
  follow: () => (engine.logToFollow(instanceId) ?? nothing()).follow(),
});

const nothing = (): RunLog => {
  const log = new RunLog();
  log.close();
  return log;
};
