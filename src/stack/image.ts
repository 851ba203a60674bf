import { join, resolve } from 'node:path';
import { isBelow } from '../shared/values.ts';
import { fromRoot, toRootPath } from './files.ts';
import type { FileContext, Found, ImageOrigin, Kind } from './model.ts';
import { type Cursor, child, hide, isAbsent, reject, show } from './reading/cursor.ts';
import {
  mapOf,
  oneOf,
  type Parsed,
  readAny,
  readObject,
  readString,
  required,
  text,
  warnUnsupported,
} from './reading/readers.ts';

/**
 * Reads the details of a `docker-file` origin. Documented: `context_dir` and `build_file` are full paths from the root of
 * the repository, and `build_file` is `/Dockerfile` without one. The emulator builds the code that is here, so the root is
 * a folder of this machine (our choice: the stack file's, or the one that `--root` names).
 */
const readBuildContext = (
  at: Cursor,
  places: FileContext,
  buildArgs: Readonly<Record<string, string>>,
): ImageOrigin | null =>
  readObject(at, { unsupported: { existing: 'object', credentials: 'objects' } }, (field) => {
    warnOfRemote(field('repo'), places);
    warnOfRemote(field('targz_url'), places);
    const context = field('context_dir');
    const contextDir = readContextDir(context, places, !isAbsent(child(at, 'existing')));
    const dockerfile = readDockerfile(field('build_file'), places, context, contextDir?.path ?? null);
    if (contextDir === null || dockerfile === null) return null;
    return {
      type: 'dockerfile',
      root: places.root,
      contextDir: contextDir.path,
      dockerfile: dockerfile.path,
      buildArgs,
    };
  });

const warnOfRemote = (at: Cursor, { root }: FileContext): void => {
  if (isAbsent(at)) return;
  at.report.warn(
    at.path,
    `not fetched by the emulator: what lies in ${root} is built in its place; --root names another folder, such as a checkout of it`,
  );
};

const readContextDir = (at: Cursor, places: FileContext, hasExisting: boolean): Found | null => {
  const existing = hasExisting ? ': existing names an image source that only the platform has' : '';
  if (isAbsent(at)) return reject(at, `the directory to build in, from the root, such as "/"${existing}`);
  const given = readString(at);
  if (given === null) return null;
  const path = fromRoot(places.root, given);
  if (!isBelow(places.root, path)) {
    return reject(at, `a directory below the root, which is ${places.root}; --root names another`);
  }
  const found = look(places, path, 'directory');
  if (found.kind === 'directory') return found;
  const older = resolve(places.stackDir ?? places.root, given);
  const seen = places.look?.(older);
  const hint = seen?.kind === 'directory' ? spelling(places, 'context_dir', seen.path) : '';
  return reject(at, `a directory: ${describe(found, path)}${hint}`);
};

/** Without a context only the path itself is judged: one complaint about a place that is not there is enough. */
const readDockerfile = (at: Cursor, places: FileContext, context: Cursor, contextDir: string | null): Found | null => {
  const given = isAbsent(at) ? '/Dockerfile' : readString(at);
  if (given === null) return null;
  const path = fromRoot(places.root, given);
  if (!isBelow(places.root, path)) {
    return reject(at, `a Dockerfile below the root, which is ${places.root}; --root names another`);
  }
  if (contextDir === null) return null;
  const found = look(places, path, 'file');
  const older = olderReading(at, places, context);
  if (found.kind !== 'file') {
    const hint = older === null ? '' : spelling(places, 'build_file', older);
    return reject(at, `a Dockerfile: ${describe(found, path)}${hint}`);
  }
  if (older !== null && older !== found.path) {
    at.report.warn(
      at.path,
      `${path} is built: paths start at the root, as on the platform, and not at context_dir${spelling(places, 'build_file', older)} if that is the one`,
    );
  }
  return found;
};

/** The file that `build_file` named while it was read as a path inside `context_dir`; null where it named none. */
const olderReading = (at: Cursor, places: FileContext, context: Cursor): string | null => {
  const given = isAbsent(at) ? 'Dockerfile' : at.value;
  // A leading slash was a problem then, so a file that has one means the root.
  if (typeof given !== 'string' || given.startsWith('/') || typeof context.value !== 'string') return null;
  const bases = [fromRoot(places.root, context.value), resolve(places.stackDir ?? places.root, context.value)];
  const found = bases.map((base) => places.look?.(join(base, given)));
  return found.find((seen) => seen?.kind === 'file')?.path ?? null;
};

const spelling = ({ root }: FileContext, field: string, path: string): string => {
  const spelled = toRootPath(root, path);
  return spelled === null ? '' : `; write ${field}: ${JSON.stringify(spelled)} for ${path}`;
};

const look = (places: FileContext, path: string, unseen: Kind): Found => places.look?.(path) ?? { kind: unseen, path };

const describe = ({ kind, path }: Found, asked: string): string =>
  kind === 'outside' ? `${asked} leads to ${path}, outside the root` : `${asked} ${contrast[kind]}`;

const contrast = {
  nothing: 'does not exist',
  file: 'is a file',
  directory: 'is a directory',
  special: 'is neither a file nor a directory',
};

const component = '[a-z0-9]+(?:(?:\\.|__?|-+)[a-z0-9]+)*';
const host = '[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\\d{1,5})?';
const tag = '[\\w][\\w.-]{0,127}';
const digest = 'sha256:[0-9a-f]{64}';
const reference = new RegExp(`^(?:${host}/)?${component}(?:/${component})*(:${tag})?(@${digest})?$`);

const longestReference = 512;

const expected = 'the name of an image, such as busybox:1.37';

/** The reference of an image with its tag; without tag and digest it is `latest`, as everywhere with Docker. */
export const parseImageReference = (text: string): Parsed<string> => {
  const match = text.length > longestReference ? null : reference.exec(text);
  if (match === null) return { ok: false, expected };
  const [, tagged, digested] = match;
  return { ok: true, value: tagged === undefined && digested === undefined ? `${text}:latest` : text };
};

const registryUrl = /^(?:https?:\/\/)?([A-Za-z0-9.-]+(?::\d{1,5})?(?:\/[a-z0-9._/-]*)?)$/;

/** The part of a registry's URL that goes before an image's name: host, port and path. */
export const parseRegistryUrl = (text: string): Parsed<string> => {
  const [, place] = (text.length > longestReference ? null : registryUrl.exec(text)) ?? [];
  return place === undefined
    ? { ok: false, expected: 'the URL of a registry without user and password' }
    : { ok: true, value: place.replace(/\/+$/, '') };
};

type Credentials = { readonly username: string; readonly password: string } | null;

/** Reads `image`: where it comes from, and the arguments it is built with. */
export const readImage = (at: Cursor, places: FileContext): ImageOrigin | null => {
  if (typeof at.value === 'string') return rejectName(at);
  return readObject(at, { harmless: { name: 'text' }, unsupported: { builder: 'object' } }, (field) => {
    const buildArgs =
      readObject(hide(field('build')), { unsupported: { use_disk: 'boolean' } }, (inner) =>
        mapOf((entry) => readString(entry))(inner('args')),
      ) ?? {};
    return readOrigin(required(readAny, 'an image origin')(field('origin')), places, buildArgs);
  });
};

/** Compose has the image's name in this place. */
export const rejectName = (at: Cursor): null =>
  reject(at, 'an object, such as { origin: { type: docker-hub, details: { target: "busybox:1.37" } } }');

const readOrigin = (
  at: Cursor | null,
  places: FileContext,
  buildArgs: Readonly<Record<string, string>>,
): ImageOrigin | null => {
  if (at === null) return null;
  return readObject(at, {}, (field) => {
    const given = field('type');
    if (given.value === 'cycle-source') return reject(given, `one of ${origins.join(', ')}: ${onlyOnThePlatform}`);
    const type = required(oneOf(origins), `one of ${origins.join(', ')}`)(given);
    const details = field('details');
    if (type === 'docker-hub') return readDockerHub(details);
    if (type === 'docker-registry') return readDockerRegistry(details);
    if (type === 'oci-registry') return readOciRegistry(details);
    return type === null ? null : readBuildContext(details, places, buildArgs);
  });
};

/** Cycle's other origin is its own store of sources. */
const onlyOnThePlatform = 'the emulator cannot read sources on the platform';

const origins = ['docker-hub', 'docker-file', 'docker-registry', 'oci-registry'] as const;

const readTarget = required(text(parseImageReference), 'the name of an image');
const readUrl = required(text(parseRegistryUrl), 'the URL of a registry');

/** The platform exports stacks like this: an image by the source that it has there, and by nothing else. */
const readRegistryDetails = <Value>(at: Cursor, read: (field: (name: string) => Cursor) => Value): Value | null => {
  const existing = child(at, 'existing');
  if (isAbsent(existing) || !isAbsent(child(at, 'target')))
    return readObject(at, { unsupported: { existing: 'object' } }, read);
  const text = 'names a source on the platform, which the emulator cannot read, expected the image as target beside it';
  existing.report.problem(existing.path, text);
  return null;
};

const readDockerHub = (at: Cursor): ImageOrigin | null =>
  readRegistryDetails(at, (field) => {
    const reference = readTarget(field('target'));
    const credentials = readCredentials(field('username'), field('token'));
    return reference === null ? null : { type: 'registry', reference, credentials };
  });

const readDockerRegistry = (at: Cursor): ImageOrigin | null =>
  readRegistryDetails(at, (field) => {
    const reference = readRemoteReference(field('url'), field('target'));
    const [password, token] = [readString(hide(field('password'))), readString(hide(field('token')))];
    // Forms of the platform leave an empty string where there is none.
    const credentials = readCredentials(field('username'), field(password || !token ? 'password' : 'token'));
    return reference === null ? null : { type: 'registry', reference, credentials };
  });

const readOciRegistry = (at: Cursor): ImageOrigin | null =>
  readRegistryDetails(at, (field) => {
    const reference = readRemoteReference(field('url'), field('target'));
    const credentials = readAuth(hide(field('auth')));
    return reference === null ? null : { type: 'registry', reference, credentials };
  });

const readRemoteReference = (url: Cursor, target: Cursor): string | null => {
  // Hidden because people write passwords into URLs.
  const registry = readUrl(hide(url));
  const name = readTarget(target);
  if (registry === null || name === null) return null;
  const reference = parseImageReference(`${registry}/${name}`);
  return reference.ok ? reference.value : reject(target, 'the name of an image on the registry, without a host');
};

const readAuth = (at: Cursor): Credentials =>
  isAbsent(at)
    ? null
    : readObject(at, {}, (field) => {
        const type = required(oneOf(['user', 'provider', 'webhook']), 'user, provider or webhook')(show(field('type')));
        const details = field('details');
        if (type === 'user') {
          return readObject(details, {}, (inner) => readCredentials(inner('username'), inner('token')));
        }
        warnUnsupported(
          details,
          'not supported by the emulator, ignored: log in to the registry, or have the image here',
        );
        return null;
      });

const readCredentials = (username: Cursor, password: Cursor): Credentials => {
  const credentials = { username: readString(username), password: readString(hide(password)) };
  // Forms of the platform leave both empty where there are none.
  if (!credentials.username && !credentials.password) return null;
  if (!credentials.username) return reject(username, 'a user name beside the password or token');
  if (!credentials.password) return reject(hide(password), 'a password or token beside the user name');
  return { username: credentials.username, password: credentials.password };
};
