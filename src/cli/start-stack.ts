import { join } from 'node:path';
import { type Emulator, startEmulator } from '../emulator/start-emulator.ts';
import type { Keep } from '../engine/service.ts';
import { findUnsupported } from '../profile/imitate.ts';
import { loadProfile } from '../profile/profile.ts';
import type { PullPolicy } from '../runtime/port.ts';
import { packageRoot } from '../shared/package.ts';
import { loadStack } from '../stack/load-stack.ts';
import type { Stack } from '../stack/model.ts';
import { createLogger } from './logger.ts';
import { type StackFlags, toLoadOptions } from './options.ts';
import { createImageReporter, printWarnings } from './output.ts';

/** What `start` and `exec` both take. */
export type EmulatorFlags = StackFlags & {
  readonly port: number;
  readonly host: string;
  readonly control: boolean;
  readonly controlPort?: number;
  readonly ui: boolean;
  readonly uiHost?: readonly string[];
  readonly gateway: boolean;
  readonly gatewayPort?: number;
  readonly gatewayRoute?: 'network' | 'published';
  readonly instancePer?: 'request' | 'connection';
  readonly recordingLimit?: number;
  readonly runtime: 'docker' | 'simulated';
  readonly profile?: string;
  readonly pull: PullPolicy;
  readonly hot?: number;
  readonly warm?: number;
  readonly functionsUrl?: string;
  readonly network?: string;
  readonly docker?: string;
  readonly keep: Keep;
  readonly logBytes?: number;
  readonly watchdog: boolean;
  readonly logLevel: string;
  readonly json: boolean;
};

const helloStack = join(packageRoot, 'fixtures', 'hello.yaml');
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
