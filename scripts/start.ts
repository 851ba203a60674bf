// npm start: provides an engine and a base image, where the run needs them, then starts the emulator.
import { parseArgs } from 'node:util';
import { runCli } from '../src/cli/run-cli.ts';
import { toMessage } from '../src/shared/errors.ts';
import { ensureBaseImage } from './bare-machine/base-image.ts';
import { ensureDocker } from './bare-machine/ensure-docker.ts';

const args = process.argv.slice(2);

/** Only what decides on the set-up; the command line itself judges all arguments afterwards. */
const readFlags = (): { readonly runtime: string | undefined; readonly docker: string | undefined } => {
  const options = {
    runtime: { type: 'string' },
    docker: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  const { values } = parseArgs({ args, options, strict: false });
  const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
  return {
    runtime: values.help === true ? 'none' : (text(values.runtime) ?? text(process.env['CYCLE_SCHEDULER_RUNTIME'])),
    docker: text(values.docker) ?? text(process.env['CYCLE_SCHEDULER_DOCKER']),
  };
};

const setUp = async (): Promise<void> => {
  const { runtime = 'docker', docker } = readFlags();
  if (runtime !== 'docker') return;
  await ensureDocker(docker);
  const made = await ensureBaseImage(docker === undefined ? {} : { docker });
  if (made !== null) console.error(made);
};

try {
  await setUp();
  process.exitCode = await runCli([process.execPath, 'cycle-scheduler', 'start', ...args]);
} catch (error) {
  console.error(toMessage(error));
  process.exitCode = 1;
}
