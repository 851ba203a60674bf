import { imageFields, originDetails, originFields, originOf, rejectName } from './image.ts';
import { byKind, deferred, field, passed, readFields } from './reading/fields.ts';
import { type Cursor, oneOf, readAny, required } from './reading/readers.ts';

/** Cycle's other origin is its own store of sources. */
const platformDetails = { ...originDetails, 'cycle-source': { source_id: passed('text') } };
const platformTypes = Object.keys(platformDetails) as (keyof typeof platformDetails)[];

const platformOriginFields = {
  ...originFields,
  type: field('word', required(oneOf(platformTypes), 'a type such as docker-hub'), 'required'),
  details: deferred('object'),
};

/** `image` of a container that is never run. */
export const otherImageFields = {
  ...byKind(imageFields),
  origin: originOf(
    platformOriginFields,
    Object.fromEntries(Object.entries(platformDetails).map(([type, fields]) => [type, byKind(fields)])),
  ),
};

/** Checks the image of a container that is never run: it may lie where only the platform can read it. */
export const checkOtherImage = (at: Cursor): void => {
  if (typeof at.value === 'string') return void rejectName(at);
  const given = readFields(at, otherImageFields);
  const origin = given?.origin && required(readAny, 'an image origin')(given.origin);
  const { type = null, details } = (origin && readFields(origin, platformOriginFields)) ?? {};
  if (details) readFields(details, type === null ? {} : byKind(platformDetails[type]));
};
