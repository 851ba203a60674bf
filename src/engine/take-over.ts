import type { ResumedRun, ResumeRequest } from '../runtime/port.ts';
import { fits, type InstanceRecord, mayRun, type Restored } from '../scheduler/records.ts';
import type { InstanceId } from '../shared/ids.ts';
import type { FunctionSetup } from './setup.ts';

/** Which records are of instances that the functions have. */
export const sortOut = (records: readonly InstanceRecord[], functions: readonly FunctionSetup[]) => {
  const hasPlace = (record: InstanceRecord): boolean => functions.some(({ pool }) => fits(record, pool));
  return { kept: records.filter(hasPlace), dropped: records.filter((record) => !hasPlace(record)) };
};

/** What to ask the runtime for: the containers whose process may run. */
export const toResumeRequests = (
  kept: readonly InstanceRecord[],
  functions: readonly FunctionSetup[],
): readonly ResumeRequest[] =>
  functions.flatMap(({ pool, describeInstance }) =>
    kept
      .filter((record) => fits(record, pool) && mayRun(record))
      .map(({ instanceId, seed, state }) => ({
        spec: describeInstance(instanceId, seed).container,
        wasStarted: state.name !== 'starting',
      })),
  );

/** The records of one function's instances, each with the run that was found of it. */
export const toRestored = (
  kept: readonly InstanceRecord[],
  { pool }: FunctionSetup,
  resumed: ReadonlyMap<InstanceId, ResumedRun>,
): readonly Restored[] =>
  kept
    .filter((record) => fits(record, pool))
    .map((record) => ({ record, run: resumed.get(record.instanceId)?.run ?? null }));
