import { join, resolve } from 'node:path';
import type { ImageOrigin } from '../shared/types.ts';
import { isBelow } from '../shared/values.ts';
import { fromRoot, toRootPath } from './files.ts';
import type { FileContext, Found, Kind } from './model.ts';
import {
  deferred,
  type Field,
  type Fields,
  field,
  ignored,
  passed,
  readBy,
  readFields,
  withVariants,
} from './reading/fields.ts';
import {
  type Cursor,
  child,
  describedBy,
  hidden,
  hide,
  isAbsent,
  mapOf,
  oneOf,
  type Reader,
  readAny,
  readString,
  reject,
  required,
  shown,
  text,
  warnUnsupported,
} from './reading/readers.ts';
import { parseImageReference, parseRegistryUrl } from './values.ts';

/**
 * Reads the details of a `docker-file` origin. Documented: `context_dir` and `build_file` are full paths from the root of
 * the repository, and `build_file` is `/Dockerfile` without one. The emulator builds the code that is here, so the root is
 * a folder of this machine (our choice: the stack file's, or the one that `--root` names).
 */
const readBuildContext = (at: Cursor, places: FileContext, buildArgs: BuildArgs): ImageOrigin | null => {
  const given = readFields(at, buildContextFields);
  if (given === null) return null;
  warnOfRemote(child(at, 'repo'), places);
  warnOfRemote(child(at, 'targz_url'), places);
  const context = child(at, 'context_dir');
  const contextDir = readContextDir(context, places, !isAbsent(child(at, 'existing')));
  const dockerfile = readDockerfile(child(at, 'build_file'), places, context, contextDir?.path ?? null);
  if (contextDir === null || dockerfile === null) return null;
  return {
    type: 'dockerfile',
    root: places.root,
    contextDir: contextDir.path,
    dockerfile: dockerfile.path,
    buildArgs,
  };
};

const warnOfRemote = (at: Cursor, { root }: FileContext): void => {
  if (isAbsent(at)) return;
  at.report.warn(
    at.path,
    `not fetched by the emulator: what lies in ${root} is built in its place; --root names another folder, such as a checkout of it`,
  );
};

/** A path of this machine below the root, where the stack names one; null where it does not, which is then reported. */
const readPath = (at: Cursor, { root }: FileContext, what: string, given = readString(at)): string | null => {
  const path = given === null ? null : fromRoot(root, given);
  return path === null || isBelow(root, path)
    ? path
    : reject(at, `${what} below the root, which is ${root}; --root names another`);
};

const readContextDir = (at: Cursor, places: FileContext, hasExisting: boolean): Found | null => {
  const existing = hasExisting ? ': existing names an image source that only the platform has' : '';
  if (isAbsent(at)) return reject(at, `the directory to build in, from the root, such as "/"${existing}`);
  const path = readPath(at, places, 'a directory');
  if (path === null) return null;
  const found = look(places, path, 'directory');
  if (found.kind === 'directory') return found;
  const seen = places.look?.(resolve(places.stackDir ?? places.root, String(at.value)));
  const hint = seen?.kind === 'directory' ? spelling(places, 'context_dir', seen.path) : '';
  return reject(at, `a directory: ${describe(found, path)}${hint}`);
};

/** Without a context only the path itself is judged: one complaint about a place that is not there is enough. */
const readDockerfile = (at: Cursor, places: FileContext, context: Cursor, contextDir: string | null): Found | null => {
  const path = readPath(at, places, 'a Dockerfile', isAbsent(at) ? '/Dockerfile' : readString(at));
  if (path === null || contextDir === null) return null;
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

type Credentials = { readonly username: string; readonly password: string } | null;

type BuildArgs = Readonly<Record<string, string>>;

const readTarget = required(text(parseImageReference), 'the name of an image');
const target = field('text', readTarget, 'required', 'the name of an image; without tag or digest it is `latest`');
const username = field('text', readString, 'none', 'needs a password or token beside it');
const secret = field('text', hidden(readString), 'none');
const existing = ignored('object', 'names an image that only the platform has');
// Hidden because people write passwords into URLs.
const url = field(
  'text',
  hidden(required(text(parseRegistryUrl), 'the URL of a registry')),
  'required',
  'the registry',
);

const userFields = { username, token: secret };
const authFields = {
  type: field('word', shown(required(oneOf(['user', 'provider', 'webhook']), 'user, provider or webhook')), 'required'),
  details: deferred('object'),
};

const hubFields = { target, username, token: secret, existing };
const registryFields = { url, target, username, password: secret, token: secret, existing };
const ociFields = {
  url,
  target,
  auth: withVariants(deferred('object', 'none', '`{type: user, details: {username, token}}`', authFields), 'type', {
    user: { details: deferred('object', 'none', '', userFields) },
  }),
  existing,
};
const buildContextFields = {
  context_dir: deferred('text', 'required', 'the directory to build in, from the root'),
  build_file: deferred('text', '`/Dockerfile`', 'the Dockerfile, from the root'),
  repo: deferred('object', 'none', 'not fetched: what lies in the root is built in its place, with a warning'),
  targz_url: deferred('text', 'none', 'the same'),
  existing,
  credentials: ignored('objects'),
};

/** What says where an image comes from, by its type. */
export const originDetails = {
  'docker-hub': hubFields,
  'docker-registry': registryFields,
  'oci-registry': ociFields,
  'docker-file': buildContextFields,
};

const originTypes = ['docker-hub', 'docker-file', 'docker-registry', 'oci-registry'] as const;

const readOriginType: Reader<(typeof originTypes)[number]> = describedBy({ enum: originTypes }, (at) =>
  at.value === 'cycle-source'
    ? reject(at, `one of ${originTypes.join(', ')}: the emulator cannot read sources on the platform`)
    : required(oneOf(originTypes), `one of ${originTypes.join(', ')}`)(at),
);

export const originFields = {
  type: field('word', readOriginType, 'required', originTypes.join(', ')),
  details: deferred('object', 'required', 'see below'),
};

/** An origin has other details for each of its types. */
export const originOf = (fields: Fields, details: Readonly<Record<string, Fields>>, byDefault = ''): Field<Cursor> => {
  const variants = Object.entries(details).map(([type, inner]) => [
    type,
    { details: deferred('object', byDefault, '', inner) },
  ]);
  return withVariants(deferred('object', 'required', '', fields), 'type', Object.fromEntries(variants));
};

const buildFields = {
  args: field('map', mapOf(readString), 'none', 'strings; arguments of the build'),
  use_disk: ignored('boolean'),
};

export const imageFields = {
  origin: originOf(originFields, originDetails, 'required'),
  build: readBy((at) => readFields(hide(at), buildFields), buildFields),
  name: passed('text'),
  builder: ignored('object'),
};

/** Reads `image`: where it comes from, and the arguments it is built with. */
export const readImage = (at: Cursor, places: FileContext): ImageOrigin | null => {
  if (typeof at.value === 'string') return rejectName(at);
  const given = readFields(at, imageFields);
  const origin = given?.origin && required(readAny, 'an image origin')(given.origin);
  const { type = null } = (origin && readFields(origin, originFields)) ?? {};
  if (!origin || type === null) return null;
  const details = child(origin, 'details');
  return type === 'docker-file'
    ? readBuildContext(details, places, given.build?.args ?? {})
    : readRegistry(type, details);
};

/** Compose has the image's name in this place. */
export const rejectName = (at: Cursor): null =>
  reject(at, 'an object, such as { origin: { type: docker-hub, details: { target: "busybox:1.37" } } }');

const readRegistry = (type: keyof typeof originDetails, at: Cursor): ImageOrigin | null => {
  // The platform exports stacks like this: an image by the source that it has there, and by nothing else.
  const source = child(at, 'existing');
  if (!isAbsent(source) && isAbsent(child(at, 'target'))) {
    const text =
      'names a source on the platform, which the emulator cannot read, expected the image as target beside it';
    source.report.problem(source.path, text);
    return null;
  }
  if (type === 'docker-hub') {
    const given = readFields(at, hubFields);
    return given && toRegistry(given.target, readCredentials(at, 'token'));
  }
  if (type === 'docker-registry') {
    const given = readFields(at, registryFields);
    // Forms of the platform leave an empty string where there is none.
    return (
      given &&
      toRegistry(
        readRemoteReference(at, given),
        readCredentials(at, given.password || !given.token ? 'password' : 'token'),
      )
    );
  }
  const given = readFields(at, ociFields);
  return given && toRegistry(readRemoteReference(at, given), given.auth && readAuth(hide(given.auth)));
};

const toRegistry = (reference: string | null, credentials: Credentials): ImageOrigin | null =>
  reference === null ? null : { type: 'registry', reference, credentials };

const readRemoteReference = (
  at: Cursor,
  given: { readonly url: string | null; readonly target: string | null },
): string | null => {
  if (given.url === null || given.target === null) return null;
  const reference = parseImageReference(`${given.url}/${given.target}`);
  if (reference.ok) return reference.value;
  return reject(child(at, 'target'), 'the name of an image on the registry, without a host');
};

const readAuth = (at: Cursor): Credentials => {
  const given = isAbsent(at) ? null : readFields(at, authFields);
  if (!given?.details) return null;
  if (given.type === 'user') return readFields(given.details, userFields) && readCredentials(given.details, 'token');
  warnUnsupported(
    given.details,
    'not supported by the emulator, ignored: log in to the registry, or have the image here',
  );
  return null;
};

const readCredentials = (at: Cursor, proof: 'password' | 'token'): Credentials => {
  const [name, secretAt] = [child(at, 'username'), hide(child(at, proof))];
  const [user, password] = [name.value ?? '', secretAt.value ?? ''];
  // Their fields have said what is no text. Forms of the platform leave both empty where there are none.
  if (typeof user !== 'string' || typeof password !== 'string' || (user === '' && password === '')) return null;
  if (user === '') return reject(name, 'a user name beside the password or token');
  if (password === '') return reject(secretAt, 'a password or token beside the user name');
  return { username: user, password };
};
