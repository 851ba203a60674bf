import type { Parsed } from '../reading/readers.ts';

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
