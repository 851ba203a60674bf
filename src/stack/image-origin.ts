import { readBuildContext } from './build-context.ts';
import type { FileContext } from './file-context.ts';
import type { ImageOrigin } from './model.ts';
import { type Cursor, child, hide, isAbsent, reject, show } from './reading/cursor.ts';
import { readObject, warnUnsupported } from './reading/read-object.ts';
import { mapOf, oneOf, readAny, readString, required, text } from './reading/readers.ts';
import { parseImageReference, parseRegistryUrl } from './values/image-reference.ts';

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
