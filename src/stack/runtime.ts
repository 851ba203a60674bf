import { readCapability } from './capabilities.ts';
import { readEnvironmentVariables } from './environment-variables.ts';
import type { FunctionSpec } from './model.ts';
import { type Cursor, hide, isAbsent, isPlainObject, reject } from './reading/cursor.ts';
import type { Fields } from './reading/kinds.ts';
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
const unsupported: Fields = { namespaces: 'texts', seccomp: 'object', host: 'object', privileged: 'boolean' };

const devices: Fields = { expose: 'objects', permissions: 'objects' };

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
    sharedMemoryBytes: readObject(field('devices'), { unsupported: devices }, (inner) =>
      text(parseSize)(inner('shm_size')),
    ),
  }));

const readCommand = (at: Cursor): FunctionSpec['command'] => {
  // Compose and Dockerfiles have a list or a string in this place.
  if (!isAbsent(at) && !isPlainObject(at.value)) {
    return reject(hide(at), `an object, such as { path: /bin/sh, args: '-c "sleep 10 && date"' }`);
  }
  return readObject(at, {}, (field) => {
    // Forms of the platform leave an empty string where nothing is overridden.
    const path = text(parseProcessText)(field('path')) || null;
    const args = readArgs(hide(field('args'))) ?? [];
    return path === null && args.length === 0 ? null : { path, args };
  });
};

const readArgs = (at: Cursor): readonly string[] | null =>
  Array.isArray(at.value)
    ? reject(at, `all arguments in one string, with quotes around one that has blanks, such as '-c "sleep 10 && date"'`)
    : text((args) => checkArguments(parseArgs(args)))(at);

const readWorkdir = (at: Cursor): string | null => {
  const workdir = text(parseProcessText)(at) || null;
  return workdir === null || workdir.startsWith('/') ? workdir : reject(at, 'an absolute path');
};
