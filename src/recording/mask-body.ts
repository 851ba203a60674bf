import { createHmac, randomBytes } from 'node:crypto';
import type { Json } from '../openapi/load.ts';
import { isObjectId } from '../shared/ids.ts';

/** Makes a text of the Scheduler API safe to show. */
export type Mask = {
  /** What a caller has sent: a body may be wrong, and have its token in any place. */
  request(text: string): string;
  /** What the emulator has answered. */
  answer(text: string): string;
  /** Without access keys; for texts in which nothing else is secret. */
  plain(text: string): string;
};

/**
 * Puts `<token 3fa92c>` where tokens stand, the same for the same token, and `<access key>` where access keys do. Values of
 * variables stay, as in a recording. Of names and values that the API does not know, and of what is no JSON, only the form is
 * shown.
 */
export const createMask = (secrets: readonly string[]): Mask => {
  const key = randomBytes(16);
  const toLabel = (token: string): string =>
    `<token ${createHmac('sha256', key).update(token).digest('hex').slice(0, 6)}>`;
  // The longest first: one key may be the beginning of another.
  const known = secrets
    .filter((secret) => secret !== '')
    .flatMap((secret) => [secret, encodeURIComponent(secret)])
    .sort((one, other) => other.length - one.length);
  const plain = (text: string): string => known.reduce((rest, one) => rest.replaceAll(one, '<access key>'), text);

  const shown: Form = { toName: plain, toLeaf: (value) => (typeof value === 'string' ? plain(value) : value) };
  const walk = (value: Json, name: string, form: Form): Json => {
    if (name === 'token') return typeof value === 'string' ? toLabel(value) : masked;
    if (Array.isArray(value)) return value.map((inner: Json) => walk(inner, '', form));
    if (typeof value !== 'object' || value === null) return form.toLeaf(value, name);
    const inside = name === 'environment_variables' ? shown : form;
    return Object.fromEntries(
      Object.entries(value).map(([own, inner]) => [inside.toName(own), walk(inner, own, inside)]),
    );
  };
  const maskJson = (text: string, form: Form): string | null => {
    try {
      return JSON.stringify(walk(JSON.parse(text), '', form));
    } catch {
      return null;
    }
  };
  return {
    plain,
    request: (text) => maskJson(text, ofRequests) ?? maskWords(text),
    answer: (text) => maskJson(text, shown) ?? plain(text),
  };
};

type Form = { toName(name: string): string; toLeaf(value: Json, name: string): Json };

const masked = '<masked>';

const fieldNames: readonly string[] = ['token', 'instance_id', 'runtime_variables', 'environment_variables'];

const dots = (text: string): string => '•'.repeat(text.length);

/** A field's name in capitals is a slip that may be seen. */
const ofRequests: Form = {
  toName: (name) => (fieldNames.includes(name.toLowerCase()) ? name : dots(name)),
  toLeaf: (value, name) => {
    if (value === null || typeof value === 'boolean') return value;
    return name === 'instance_id' && typeof value === 'string' && isObjectId(value) ? value : masked;
  },
};

/** Each word as so many dots: the place that the error names stays where it is. */
const maskWords = (text: string): string =>
  text.replace(/[^\s{}[\]:,"']+/g, (word) => (fieldNames.includes(word) ? word : dots(word)));
