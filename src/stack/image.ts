import { join, relative, resolve, sep } from 'node:path';
import type { ImageOrigin } from '../shared/types.ts';
import { isBelow } from '../shared/values.ts';
import type { FileContext, Found, Kind } from './model.ts';
import type { Cursor } from './reading/cursor.ts';
import {
  choice,
  deferred,
  describedBy,
  type Field,
  type Fields,
  field,
  hidden,
  ignored,
  mapOf,
  oneOf,
  optional,
  passed,
  type Reader,
  readBy,
  readFields,
  readString,
  required,
  shown,
  text,
  type Values,
} from './reading/fields.ts';
import { parseImageReference, parseRegistryUrl } from './values.ts';

const existing = ignored('object').about('names an image that only the platform has');

const buildContextFields = {
  context_dir: deferred('text', 'required').about('the directory to build in, from the root'),
  build_file: deferred('text', '`/Dockerfile`').about('the Dockerfile, from the root'),
  repo: deferred('object', 'none').about('not fetched: what lies in the root is built in its place, with a warning'),
  targz_url: deferred('text', 'none').about('the same'),
  existing,
  credentials: ignored('objects'),
};

/**
 * Reads the details of a `docker-file` origin. Documented: `context_dir` and `build_file` are full paths from the root of
 * the repository, and `build_file` is `/Dockerfile` without one. The emulator builds the code that is here, so the root is
 * a folder of this machine (our choice: the stack file's, or the one that `--root` names).
 */
const readBuildContext: Reader<ImageOrigin> = (at) => {
  const given = readFields(at, buildContextFields);
  if (given === null) return null;
  const { root } = at.context.files;
  for (const remote of [given.repo, given.targz_url]) {
    if (remote === null || remote.isAbsent) continue;
    remote.warn(
      `not fetched by the emulator: what lies in ${root} is built in its place; --root names another folder, such as a checkout of it`,
    );
  }
  const context = at.child('context_dir');
  const contextDir = readContextDir(context, !at.child('existing').isAbsent);
  const dockerfile = readDockerfile(at.child('build_file'), context, contextDir?.path ?? null);
  if (contextDir === null || dockerfile === null) return null;
  return { type: 'dockerfile', root, contextDir: contextDir.path, dockerfile: dockerfile.path, buildArgs: {} };
};

/** A path of the stack as one of this machine. It starts at the root, with a leading slash or without. */
const fromRoot = (root: string, given: string): string => resolve(join(root, given));

/** A path of this machine below the root, where the stack names one; null where it does not, which is then reported. */
const readPath = (at: Cursor, what: string, given: string | null): string | null => {
  const { root } = at.context.files;
  const path = given === null ? null : fromRoot(root, given);
  return path === null || isBelow(root, path)
    ? path
    : at.reject(`${what} below the root, which is ${root}; --root names another`);
};

const readContextDir = (at: Cursor, hasExisting: boolean): Found | null => {
  const existing = hasExisting ? ': existing names an image source that only the platform has' : '';
  if (at.isAbsent) return at.reject(`the directory to build in, from the root, such as "/"${existing}`);
  const { files } = at.context;
  const path = readPath(at, 'a directory', readString(at));
  if (path === null) return null;
  const found = look(files, path, 'directory');
  if (found.kind === 'directory') return found;
  const seen = files.look?.(resolve(files.stackDir ?? files.root, String(at.value)));
  const hint = seen?.kind === 'directory' ? spelling(files, 'context_dir', seen.path) : '';
  return at.reject(`a directory: ${describe(found, path)}${hint}`);
};

/** Without a context only the path itself is judged: one complaint about a place that is not there is enough. */
const readDockerfile = (at: Cursor, context: Cursor, contextDir: string | null): Found | null => {
  const path = readPath(at, 'a Dockerfile', at.isAbsent ? '/Dockerfile' : readString(at));
  if (path === null || contextDir === null) return null;
  const { files } = at.context;
  const found = look(files, path, 'file');
  const older = olderReading(at, context);
  if (found.kind !== 'file') {
    const hint = older === null ? '' : spelling(files, 'build_file', older);
    return at.reject(`a Dockerfile: ${describe(found, path)}${hint}`);
  }
  if (older !== null && older !== found.path) {
    at.warn(
      `${path} is built: paths start at the root, as on the platform, and not at context_dir${spelling(files, 'build_file', older)} if that is the one`,
    );
  }
  return found;
};

/** The file that `build_file` named while it was read as a path inside `context_dir`; null where it named none. */
const olderReading = (at: Cursor, context: Cursor): string | null => {
  const given = at.isAbsent ? 'Dockerfile' : at.value;
  // A leading slash was a problem then, so a file that has one means the root.
  if (typeof given !== 'string' || given.startsWith('/') || typeof context.value !== 'string') return null;
  const { root, stackDir, look: lookAt } = at.context.files;
  const bases = [fromRoot(root, context.value), resolve(stackDir ?? root, context.value)];
  const found = bases.map((base) => lookAt?.(join(base, given)));
  return found.find((seen) => seen?.kind === 'file')?.path ?? null;
};

const spelling = ({ root }: FileContext, field: string, path: string): string => {
  const spelled = `/${relative(root, path).split(sep).join('/')}`;
  return isBelow(root, path) ? `; write ${field}: ${JSON.stringify(spelled)} for ${path}` : '';
};

const look = (places: FileContext, path: string, unseen: Kind): Found => places.look?.(path) ?? { kind: unseen, path };

const describe = ({ kind, path }: Found, asked: string): string =>
  kind === 'outside' ? `${asked} leads to ${path}, outside the root` : `${asked} ${contrast[kind]}`;

const contrast = {
  nothing: 'does not exist',
  'dead-link': 'is a link that leads nowhere',
  file: 'is a file',
  directory: 'is a directory',
  special: 'is neither a file nor a directory',
};

type Credentials = { readonly username: string; readonly password: string } | null;

const readTarget = required(text(parseImageReference), 'the name of an image');
const target = field('text', readTarget, 'required').about(
  'the name of an image; without tag or digest it is `latest`',
);
const username = field('text', readString, 'none').about('needs a password or token beside it');
const secret = field('text', hidden(readString), 'none');
// Hidden because people write passwords into URLs.
const url = field('text', hidden(required(text(parseRegistryUrl), 'the URL of a registry')), 'required').about(
  'the registry',
);

const readCredentials = (at: Cursor, proof: 'password' | 'token'): Credentials => {
  const [name, secretAt] = [at.child('username'), at.child(proof).hide()];
  const [user, password] = [name.value ?? '', secretAt.value ?? ''];
  // Their fields have said what is no text. Forms of the platform leave both empty where there are none.
  if (typeof user !== 'string' || typeof password !== 'string' || (user === '' && password === '')) return null;
  if (user === '') return name.reject('a user name beside the password or token');
  if (password === '') return secretAt.reject('a password or token beside the user name');
  return { username: user, password };
};

const userFields = { username, token: secret };

const warnOtherAuth = (at: Cursor): null => {
  at.warnUnsupported('not supported by the emulator, ignored: log in to the registry, or have the image here');
  return null;
};

const auth = choice(
  'type',
  {
    type: field(
      'word',
      shown(required(oneOf(['user', 'provider', 'webhook']), 'user, provider or webhook')),
      'required',
    ),
    details: field('object', warnOtherAuth),
  },
  { user: { details: readBy((at) => readFields(at, userFields) && readCredentials(at, 'token'), userFields, 'none') } },
  'none',
).about('`{type: user, details: {username, token}}`');

const hubFields = { target, username, token: secret, existing };
const registryFields = { url, target, username, password: secret, token: secret, existing };
const ociFields = { url, target, auth: { ...auth, read: optional(hidden(auth.read)) }, existing };

/** An image that a registry has, whose details are these fields. */
const inRegistry = <Declared extends Fields>(
  fields: Declared,
  referenceOf: (at: Cursor, given: Values<Declared>) => string | null,
  credentialsOf: (at: Cursor, given: Values<Declared>) => Credentials,
) =>
  readBy<ImageOrigin>(
    (at) => {
      // The platform exports stacks like this: an image by the source that it has there, and by nothing else.
      const source = at.child('existing');
      if (!source.isAbsent && at.child('target').isAbsent) {
        source.problem(
          'names a source on the platform, which the emulator cannot read, expected the image as target beside it',
        );
        return null;
      }
      const given = readFields(at, fields);
      if (given === null) return null;
      const [reference, credentials] = [referenceOf(at, given), credentialsOf(at, given)];
      return reference === null ? null : { type: 'registry', reference, credentials };
    },
    fields,
    'required',
  );

const referenceAt = (
  at: Cursor,
  given: { readonly url: string | null; readonly target: string | null },
): string | null => {
  if (given.url === null || given.target === null) return null;
  const reference = parseImageReference(`${given.url}/${given.target}`);
  return reference.ok
    ? reference.value
    : at.child('target').reject('the name of an image on the registry, without a host');
};

/** What says where an image comes from, by its type. */
export const originDetails = {
  'docker-hub': inRegistry(
    hubFields,
    (_, given) => given.target,
    (at) => readCredentials(at, 'token'),
  ),
  // Forms of the platform leave an empty string where there is none.
  'docker-registry': inRegistry(registryFields, referenceAt, (at, { password, token }) =>
    readCredentials(at, password || !token ? 'password' : 'token'),
  ),
  'oci-registry': inRegistry(ociFields, referenceAt, (_, given) => given.auth?.details ?? null),
  'docker-file': readBy(readBuildContext, buildContextFields, 'required'),
};

const originTypes = ['docker-hub', 'docker-file', 'docker-registry', 'oci-registry'] as const;

const readOriginType: Reader<string> = describedBy({ enum: originTypes }, (at) =>
  at.value === 'cycle-source'
    ? at.reject(`one of ${originTypes.join(', ')}: the emulator cannot read sources on the platform`)
    : oneOf(originTypes)(at),
);

/** An origin has other details for each of its types. */
export const originOf = <Value>(fields: Fields, details: Readonly<Record<string, Field<Value>>>) => {
  const cases = Object.entries(details).map(([type, ofType]) => [type, { details: ofType }] as const);
  const origin = choice('type', fields, Object.fromEntries(cases), 'required');
  return { ...origin, read: required(origin.read, 'an image origin') };
};

export const originFields = {
  type: field('word', readOriginType, 'required').about(originTypes.join(', ')),
  details: field('object', () => null, 'required').about('see below'),
};

const buildFields = {
  args: field('map', mapOf(optional(readString)), 'none').about('strings; arguments of the build'),
  use_disk: ignored('boolean'),
};

export const imageFields = {
  origin: originOf(originFields, originDetails),
  build: readBy((at) => readFields(at.hide(), buildFields), buildFields),
  name: passed('text'),
  builder: ignored('object'),
};

/** Reads `image`: where it comes from, and the arguments it is built with. */
export const readImage: Reader<ImageOrigin> = (at) => {
  if (typeof at.value === 'string') return rejectName(at);
  const { origin, build } = readFields(at, imageFields) ?? {};
  const image = origin?.details ?? null;
  return image?.type === 'dockerfile' ? { ...image, buildArgs: build?.args ?? {} } : image;
};

/** Compose has the image's name in this place. */
export const rejectName = (at: Cursor): null =>
  at.reject('an object, such as { origin: { type: docker-hub, details: { target: "busybox:1.37" } } }');
