import type { ContainerSpec } from '../port.ts';

/** What a simulated process does. Each field left out is a process as it should be: it starts and runs until it is stopped. */
export type Behaviour = {
  /** Ends by itself this long after its start. */
  readonly exitAfterMs?: number;
  /** With which code it ends by itself; 0 without it. */
  readonly exitCode?: number;
  /** Ends by itself for lack of memory. */
  readonly outOfMemory?: boolean;
  /** Making its container fails for this reason. */
  readonly failPrepare?: string;
  /** Starting it fails for this reason. */
  readonly failStart?: string;
  /** Only the kill after the grace ends it. */
  readonly ignoresSignals?: boolean;
};

type Environment = Readonly<Record<string, string>>;

/**
 * What a container's process does in an environment. Asked when one is made (with the spec's environment) and when
 * it is started (with the run's).
 */
export type DecideBehaviour = (spec: ContainerSpec, environment: Environment) => Behaviour;

/**
 * The behaviour without a script: environment variables say it, so that a stack file or a spawn can.
 *
 * - `CYCLE_SIMULATED_EXIT_AFTER_MS`: ends by itself after that time, for instance `250`
 * - `CYCLE_SIMULATED_EXIT_CODE`: with that code, at once where no time is given
 * - `CYCLE_SIMULATED_FAIL_START`: does not start, for that reason
 */
export const behaviourFromEnvironment: DecideBehaviour = (_spec, environment) => {
  const exitAfter = parseCount(environment['CYCLE_SIMULATED_EXIT_AFTER_MS']);
  const exitCode = parseCount(environment['CYCLE_SIMULATED_EXIT_CODE']);
  const failStart = environment['CYCLE_SIMULATED_FAIL_START'];
  return {
    ...(exitAfter === null && exitCode === null ? {} : { exitAfterMs: exitAfter ?? 0, exitCode: exitCode ?? 0 }),
    ...(failStart === undefined ? {} : { failStart }),
  };
};

const parseCount = (text: string | undefined): number | null =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
