import type { Parsed } from '../reading/readers.ts';

/** Documented: lower-case letters, digits and hyphens. The length is that of a DNS label, since others find the container by it. */
const identifier = /^[a-z0-9][a-z0-9-]{0,62}$/;

export const identifierRule = 'lower-case letters, digits and hyphens, at most 63, the first no hyphen';

export const isIdentifier = (text: string): boolean => identifier.test(text);

/** Letters, digits and hyphens in labels of at most 63, parted by dots; 63 altogether because Linux takes no more than 64. */
const hostname = /^(?=.{1,63}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i;

export const parseHostname = (text: string): Parsed<string> =>
  hostname.test(text)
    ? { ok: true, value: text }
    : { ok: false, expected: 'a host name of letters, digits, hyphens and dots, at most 63 characters' };

/** The host name of a container that sets none: its identifier, less what DNS does not allow. */
export const toHostname = (identifierText: string): string => identifierText.slice(0, 63).replace(/-+$/, '');
