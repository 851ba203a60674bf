import { readCapability } from './capabilities.ts';
import { readEnvironmentVariables } from './environment-variables.ts';
import type { FunctionSpec } from './model.ts';
import { type Cursor, hide, reject } from './reading/cursor.ts';
import { readObject } from './reading/read-object.ts';
import { listOf, mapOf, readBoolean, text } from './reading/readers.ts';
import { readRlimits } from './rlimits.ts';
import { parseArgs } from './values/args.ts';
import { checkArguments, parseProcessText } from './values/process-text.ts';
import { parseSize } from './values/size.ts';

type Runtime = Pick<
  FunctionSpec,
  'command' | 'workdir' | 'environment' | 'sysctls' | 'rlimits' | 'capabilities' | 'readOnlyRoot'
> & { readonly sharedMemoryBytes: number | null };

/** `privileged` stays unsupported: a function is other people's code on a developer's machine. */
const unsupported = ['namespaces', 'seccomp', 'host', 'privileged'];

/** Reads `config.runtime` of a function. */
export const readRuntime = (at: Cursor): Runtime | null =>
  readObject(at, { unsupported }, (field) => ({
    command: readCommand(field('command')),
    workdir: readWorkdir(field('workdir')),
    environment: readEnvironmentVariables(field('environment_vars')),
    sysctls: mapOf((entry) => text(parseProcessText)(entry))(field('sysctl')),
    rlimits: readRlimits(field('rlimits')),
    capabilities: listOf(readCapability)(field('capabilities')),
    readOnlyRoot: readObject(field('rootfs'), {}, (inner) => readBoolean(inner('readonly'))) ?? false,
    sharedMemoryBytes: readObject(field('devices'), {}, (inner) => text(parseSize)(inner('shm_size'))),
  }));

const readCommand = (at: Cursor): FunctionSpec['command'] =>
  readObject(at, {}, (field) => {
    // Forms of the platform leave an empty string where nothing is overridden.
    const path = text(parseProcessText)(field('path')) || null;
    const args = text((args) => checkArguments(parseArgs(args)))(hide(field('args'))) ?? [];
    return path === null && args.length === 0 ? null : { path, args };
  });

const readWorkdir = (at: Cursor): string | null => {
  const workdir = text(parseProcessText)(at) || null;
  return workdir === null || workdir.startsWith('/') ? workdir : reject(at, 'an absolute path');
};
