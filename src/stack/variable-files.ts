import { posix } from 'node:path';
import type { ContainerFile } from '../shared/types.ts';
import { field, readFields } from './reading/fields.ts';
import {
  type Cursor,
  integer,
  isAbsent,
  type Parsed,
  type Reader,
  readBoolean,
  reject,
  text,
} from './reading/readers.ts';

/** Documented: where the file of a variable lies that names no path. */
const defaultFolder = '/var/run/cycle/variables';

/** The last user that Linux can count. */
const mostId = 2 ** 32 - 2;

/** What engines make in these when a container starts hides what lay there. */
const madeAtStart = /^\/(proc|sys|dev)(\/|$)/;

const isFilePath = (path: string): boolean =>
  /^\/[^\0]{1,4000}$/.test(path) && !path.endsWith('/') && posix.normalize(path) === path && !madeAtStart.test(path);

const parsePath = (path: string): Parsed<string> =>
  path === '' || isFilePath(path)
    ? { ok: true, value: path }
    : { ok: false, expected: 'the absolute path of a file, without . and .., and not in /proc, /sys or /dev' };

const mode = /^([0-7]{3,4})?$/;

const parseMode = (given: string): Parsed<number | null> =>
  mode.test(given)
    ? { ok: true, value: given === '' ? null : Number.parseInt(given, 8) }
    : { ok: false, expected: 'permissions of three or four octal digits, such as "0644"' };

export const fileFields = {
  path: field('text', text(parsePath), '`/var/run/cycle/variables/<identifier>`', 'absolute'),
  decode: field('boolean', readBoolean, '`false`', 'whether the value is base64, and the file what that stands for'),
  permissions: field('text', text(parseMode, mode), '`0644`', 'octal digits, in quotes'),
  uid: field('number', integer(0, mostId), '0', 'the user it belongs to'),
  gid: field('number', integer(0, mostId), '0'),
};

/** What `access.file` says of a file; null without it. */
export const readFileAccess: Reader<ReturnType<typeof readFields<typeof fileFields>>> = (at) =>
  isAbsent(at) ? null : readFields(at, fileFields);

type FileAccess = NonNullable<ReturnType<typeof readFileAccess>>;

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * The file of a variable. PARITY: whose it is and who may read it without `permissions`, `uid` and `gid` is unknown; here all
 * may, since functions run as any user.
 *
 * @param at the variable's value
 */
export const toFile = (access: FileAccess, identifier: string, value: string, at: Cursor): ContainerFile | null => {
  const path = access.path || `${defaultFolder}/${identifier}`;
  if (!isFilePath(path))
    return reject(at, `a path beside it, since ${JSON.stringify(identifier)} is no name of a file`);
  const encoded = access.decode ? value.replaceAll(/\s/g, '') : Buffer.from(value).toString('base64');
  if (!base64.test(encoded)) return reject(at, 'a value in base64, since access.file.decode is true');
  return {
    path,
    base64: encoded,
    mode: access.permissions ?? 0o644,
    uid: access.uid ?? 0,
    gid: access.gid ?? 0,
  };
};
