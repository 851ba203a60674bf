import { isIP } from 'node:net';
import { objectIdPattern } from '../ids.ts';

/** What the description's own formats mean, for whoever reads its schemas. */
export const descriptionFormats = {
  objectid: objectIdPattern,
  'ip-address': (text: string): boolean => isIP(text) !== 0,
  cidr: true,
} as const;
