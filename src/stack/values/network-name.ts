import type { Parsed } from '../reading/readers.ts';

/** What engines take as the name of a network. No engine limits its length; the limit is our choice. */
const networkName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}$/;

export const networkNameRule =
  "a network's name: letters, digits, dots, hyphens and underscores, the first a letter or digit";

/** The name of a network of the engine, for file, flag, environment and options alike. */
export const parseNetworkName = (text: string): Parsed<string> =>
  networkName.test(text) ? { ok: true, value: text } : { ok: false, expected: networkNameRule };
