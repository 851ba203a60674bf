import { rejectName } from './image.ts';
import type { Cursor, Fields } from './reading/cursor.ts';
import { oneOf, readAny, readObject, required } from './reading/readers.ts';

/** What each origin of an image says, as the platform knows it. */
const details = {
  'docker-hub': { existing: 'object', target: 'text', username: 'text', token: 'text' },
  'docker-file': {
    existing: 'object',
    repo: 'object',
    targz_url: 'text',
    context_dir: 'text',
    build_file: 'text',
    credentials: 'objects',
  },
  'docker-registry': {
    existing: 'object',
    target: 'text',
    url: 'text',
    username: 'text',
    token: 'text',
    password: 'text',
  },
  'oci-registry': { existing: 'object', target: 'text', url: 'text', auth: 'object' },
  'cycle-source': { source_id: 'text' },
} as const satisfies Record<string, Fields>;

type OriginType = keyof typeof details;

const fields: Fields = { name: 'text', build: 'object', builder: 'object' };

/** Checks the image of a container that is never run: it may lie where only the platform can read it. */
export const checkOtherImage = (at: Cursor): void => {
  if (typeof at.value === 'string') return void rejectName(at);
  readObject(at, { harmless: fields }, (field) => {
    const origin = required(readAny, 'an image origin')(field('origin'));
    if (origin === null) return;
    readObject(origin, {}, (inner) => {
      const type = required(oneOf(Object.keys(details) as OriginType[]), 'a type such as docker-hub')(inner('type'));
      readObject(inner('details'), { harmless: type === null ? {} : details[type] }, () => {});
    });
  });
};
