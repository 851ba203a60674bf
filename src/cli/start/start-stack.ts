import type { EmulatorOptions } from '../../emulator/public-types.ts';
import { type Emulator, startEmulator } from '../../emulator/start-emulator.ts';
import { findUnsupported } from '../../profile/imitate.ts';
import { loadProfile } from '../../profile/profile.ts';
import { loadStack } from '../../stack/load-stack.ts';
import type { Stack } from '../../stack/model.ts';
import { createLogger } from '../logger.ts';
import { helloStack, type StackFlags, toLoadOptions } from '../options.ts';
import { createImageReporter, printWarnings } from '../output.ts';

/** Options of an emulator that flags give as they are, in any case or where they are given. */
type Always = 'port' | 'host' | 'control' | 'ui' | 'gateway' | 'runtime' | 'pull' | 'keep' | 'watchdog';
type Given = 'controlPort' | 'gatewayRoute' | 'instancePer' | 'hot' | 'warm' | 'functionsUrl' | 'network' | 'docker';

/** What `start` and `exec` both take. */
export type EmulatorFlags = StackFlags &
  Required<Pick<EmulatorOptions, Always>> &
  Pick<EmulatorOptions, Given | 'logBytes'> & {
    readonly gatewayPort?: number;
    readonly uiHost?: readonly string[];
    readonly recordingLimit?: number;
    readonly profile?: string;
    readonly logLevel: string;
    readonly json: boolean;
  };

const defaultGatewayPort = 4290;

/** The stack of the path, or the one of the package, and how it is read. Its warnings go to stderr. */
export const readStack = async (path: string = helloStack, flags: StackFlags, signal: AbortSignal) => {
  const load = { ...toLoadOptions(flags), signal };
  const stack = await loadStack(path, load);
  printWarnings(stack.warnings);
  return { stack, path, load };
};

/** An emulator as the flags say; warnings, the log, and how images come along go to stderr. */
export const startStack = async (
  stack: Stack,
  flags: EmulatorFlags & { readonly state?: string; readonly onStopRequest?: () => void },
  signal: AbortSignal,
  onImageProgress = createImageReporter(flags.json),
): Promise<Emulator> => {
  const { root: _root, var: _variables, varFile: _file, ...rest } = flags;
  const { logLevel, json, profile: profilePath, recordingLimit, uiHost, ...settings } = rest;
  const profile = profilePath === undefined ? {} : { profile: await loadProfile(profilePath) };
  if (profile.profile !== undefined) printWarnings(findUnsupported(profile.profile));
  return await startEmulator({
    ...settings,
    ...profile,
    gatewayPort: settings.gatewayPort ?? { preferred: defaultGatewayPort },
    ...(recordingLimit === undefined ? {} : { recordingLimitBytes: recordingLimit }),
    ...(uiHost === undefined ? {} : { uiHosts: uiHost }),
    stack,
    logger: createLogger(logLevel, json),
    onImageProgress,
    signal,
  });
};
