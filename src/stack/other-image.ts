import { imageFields, originDetails, originFields, originOf, rejectName } from './image.ts';
import type { Cursor } from './reading/cursor.ts';
import { byKind, field, oneOf, passed, readFields, required, section } from './reading/fields.ts';

/** Cycle's other origin is its own store of sources. */
const platformDetails = {
  ...Object.fromEntries(Object.entries(originDetails).map(([type, { fields }]) => [type, section(byKind(fields))])),
  'cycle-source': section({ source_id: passed('text') }),
};

const platformOriginFields = {
  ...originFields,
  type: field('word', required(oneOf(Object.keys(platformDetails)), 'a type such as docker-hub'), 'required'),
  details: section({}),
};

/** `image` of a container that is never run. */
export const otherImageFields = {
  ...byKind(imageFields),
  origin: originOf(platformOriginFields, platformDetails),
};

/** Checks the image of a container that is never run: it may lie where only the platform can read it. */
export const checkOtherImage = (at: Cursor): null => {
  if (typeof at.value === 'string') return rejectName(at);
  readFields(at, otherImageFields);
  return null;
};
