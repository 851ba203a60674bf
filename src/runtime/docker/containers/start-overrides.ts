import { setTimeout as pause } from 'node:timers/promises';
import type { PlannedEnd, StartOverrides } from '../../planned-ends.ts';
import type { ContainerSpec, Exit } from '../../port.ts';
import type { DockerConnection } from '../engine/connection.ts';
import { loadCommandLine, signalContainer } from '../engine/container-api.ts';

/** What a run is granted whose memory is to run out; more would only take longer to fill. */
const scarceMemoryBytes = 64 * 2 ** 20;

/** Signals the container's first process that its planned end has come. No function is stopped with it. */
const endSignal = 'SIGALRM';

/** Between two signals: the first is lost where the process has not set its trap yet, as init processes ignore it then. */
const signalEveryMs = 100;

/** The spec with the overrides in it. */
export const withOverrides = async (
  connection: DockerConnection,
  spec: ContainerSpec,
  overrides: StartOverrides,
): Promise<ContainerSpec> => {
  const { image = spec.image, end } = overrides;
  if (end === undefined) return { ...spec, image };
  const { memoryBytes } = spec.limits;
  const scarce = Math.min(memoryBytes ?? scarceMemoryBytes, scarceMemoryBytes);
  return {
    ...spec,
    image,
    command: { path: '/bin/sh', args: ['-c', ...(await toArguments(connection, spec, end))] },
    limits: end.outOfMemory ? { ...spec.limits, memoryBytes: scarce, memoryReservationBytes: null } : spec.limits,
  };
};

/** Brings about the planned end when its time has come, unless the process ends before. */
export const bringAbout = async (
  connection: DockerConnection,
  dockerId: string,
  { when }: PlannedEnd,
  exited: Promise<Exit>,
): Promise<void> => {
  if (when === null) return;
  await when;
  const over = exited.then(() => true);
  do {
    try {
      await signalContainer(connection, dockerId, endSignal);
    } catch {
      // The engine is away. It reports an end when it is back, and nothing else would.
      return;
    }
  } while (!(await Promise.race([over, pause(signalEveryMs, false)])));
};

/** An end at once needs no function: however short that is, it cannot come first. */
const toArguments = async (
  connection: DockerConnection,
  spec: ContainerSpec,
  end: PlannedEnd,
): Promise<readonly string[]> =>
  end.when === null ? [toEnd(end)] : [toScript(spec, end), 'sh', ...(await loadCommandLine(connection, spec))];

/** Doubles a text until the kernel steps in; the shell is the container's first process, so its end is the run's. */
const toEnd = ({ code, outOfMemory }: PlannedEnd): string =>
  outOfMemory ? 'x=x; while :; do x=$x$x; done' : `exit ${code}`;

/**
 * A shell around the function's own process, for no engine can make a process exit with a code, or want memory. It hands
 * on the signals of a stop and takes over the code of an end that comes before the planned one.
 */
const toScript = ({ stop }: ContainerSpec, end: PlannedEnd): string => {
  const handOn = stop.signals
    .map((signal) => signal.replace(/^SIG/, ''))
    .map((name) => `trap 'kill -${name} $own' ${name}`);
  return [
    `trap '${toEnd(end)}' ${endSignal.replace(/^SIG/, '')}`,
    '"$@" & own=$!',
    ...handOn,
    'while :; do',
    '  wait $own; code=$?',
    // A signal interrupts the wait. Some shells know the code still after that, and say 127 where they do not.
    '  kill -0 $own 2>/dev/null || { wait $own; again=$?; [ $again = 127 ] || code=$again; exit $code; }',
    'done',
  ].join('\n');
};
