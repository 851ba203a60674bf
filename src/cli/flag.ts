import { Option } from 'commander';

/** Each flag has an environment twin, which counts where the flag is not given. */
export const flag = (flags: string, description: string, twin: string): Option =>
  new Option(flags, description).env(`CYCLE_SCHEDULER_${twin}`);

/** Switches that are on in the environment when their variable says so, not by its mere presence. */
const switches = ['JSON', 'NO_WATCHDOG', 'NO_CONTROL', 'NO_GATEWAY', 'NO_UI', 'OPEN', 'WITH_PARENT', 'WATCH'] as const;

/** To be called before the command line is read: commander takes any value for "on". */
export const forgetSwitchesThatAreOff = (env: NodeJS.ProcessEnv): void => {
  for (const twin of switches) {
    const name = `CYCLE_SCHEDULER_${twin}`;
    if (['', '0', 'false', 'no', 'off'].includes(env[name]?.toLowerCase() ?? '')) delete env[name];
  }
};
