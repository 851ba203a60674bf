import { fails, type Mutant } from './mutant.ts';

const opening = (name: string, description: string, also: (held: string, given: string) => boolean): Mutant =>
  fails(name, description, (rules) => {
    rules.holds = ({ token }, given) => token !== null && (token === given || also(token, given));
  });

/** Compares what is left of tokens once they are stored. */
const storing = (name: string, description: string, stored: (token: string) => string): Mutant =>
  opening(name, description, (held, given) => stored(held) === stored(given));

const losing = (name: string, description: string, stored: (token: string) => string): Mutant =>
  fails(name, description, (rules) => {
    rules.holds = ({ token }, given) => token !== null && stored(token) === given;
  });

const hashCode = (text: string): number => {
  let hash = 0;
  for (let at = 0; at < text.length; at += 1) hash = (Math.imul(31, hash) + text.charCodeAt(at)) | 0;
  return hash;
};

const urlDecoded = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
};

const matches = (pattern: string, text: string): boolean => {
  try {
    return new RegExp(`^(?:${pattern})$`, 's').test(text);
  } catch {
    return false;
  }
};

const likePattern = (text: string): string =>
  text
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('%', '.*')
    .replaceAll('_', '.');

const isNumber = (text: string): boolean => text.trim() !== '' && !Number.isNaN(Number(text));

const crc32 = (text: string): number => {
  let crc = ~0;
  for (const byte of Buffer.from(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return crc;
};

/** How languages and stores compare texts. */
export const comparisonMutants: readonly Mutant[] = [
  opening(
    'token-compared-as-number',
    'Tokens that read as numbers are compared as numbers, as PHP does.',
    (held, given) => isNumber(held) && isNumber(given) && Number(held) === Number(given),
  ),
  storing('token-in-255-characters', 'A column keeps the first 255 characters of a token.', (token) =>
    token.slice(0, 255),
  ),
  storing('token-in-1024-characters', 'A buffer keeps the first 1,024 characters of a token.', (token) =>
    token.slice(0, 1_024),
  ),
  storing('token-hashed-by-bcrypt', 'A hash regards the first 72 bytes of a token.', (token) =>
    Buffer.from(token).subarray(0, 72).toString('latin1'),
  ),
  storing('token-ends-at-nul', 'A token ends at its first NUL, as texts of C do.', (token) =>
    token.replace(/\0.*/s, ''),
  ),
  storing(
    'token-ends-at-emoji',
    'A column of three bytes a character cuts a token at the first that needs four.',
    (token) => token.replace(/[\u{10000}-\u{10ffff}].*/su, ''),
  ),
  storing('token-without-accents', 'A collation takes letters with and without accents for the same.', (token) =>
    token.normalize('NFD').replace(/\p{Mn}/gu, ''),
  ),
  storing('token-without-blanks-behind', 'Blanks and line breaks behind a token do not matter.', (token) =>
    token.trimEnd(),
  ),
  storing('token-url-decoded', 'Tokens are decoded as parts of URLs.', urlDecoded),
  storing('token-unescaped', 'Entities of HTML in tokens are resolved.', (token) =>
    token.replaceAll('&lt;', '<').replaceAll('&amp;', '&'),
  ),
  storing('token-in-ascii', 'Characters beyond ASCII are question marks in the store.', (token) =>
    token.replace(/[^\0-\x7f]/gu, '?'),
  ),
  storing('token-without-punctuation', 'Hyphens and blanks in tokens do not matter, as in UUIDs.', (token) =>
    token.replace(/[-\s{}]/g, ''),
  ),
  opening(
    'token-by-hash-code',
    'Tokens are compared by the hash of 32 bits that Java gives texts.',
    (held, given) => hashCode(held) === hashCode(given),
  ),
  opening('token-by-checksum', 'Tokens are compared by their CRC-32.', (held, given) => crc32(held) === crc32(given)),
  opening('token-as-like-pattern', 'A query takes the token for a pattern of LIKE.', (held, given) =>
    matches(likePattern(given), held),
  ),
  opening('token-as-expression', 'A token is taken for a regular expression.', (held, given) => matches(given, held)),
  opening(
    'token-of-an-object',
    'A name that all objects of JavaScript have opens claims.',
    (_held, given) => given in {},
  ),
  opening('token-as-list', 'Each part of a token between commas opens its claim.', (held, given) =>
    given.split(',').includes(held),
  ),
  losing('token-number-normalised', 'A token that reads as a number is kept as one: its zeros are lost.', (token) =>
    /^[\d.e+]+$/.test(token) ? String(Number(token)) : token,
  ),
  losing('token-lost-under-proto', 'A claim under the token __proto__ is lost in an object’s prototype.', (token) =>
    token === '__proto__' ? '' : token,
  ),
  losing('token-line-breaks-lost', 'Line breaks in tokens are lost between claim and spawn.', (token) =>
    token.replace(/[\r\n]/g, ''),
  ),
  losing('token-trimmed-in-store', 'Blanks around a token are lost between claim and spawn.', (token) => token.trim()),
  losing('token-nothing-but-words', 'The tokens false and null are read as none when a claim is spawned.', (token) =>
    ['false', 'null', 'undefined', 'None'].includes(token) ? '' : token,
  ),
  fails('instance-compared-as-number', 'Instance IDs are compared as numbers of double precision.', (rules) => {
    rules.find = (fn, id) =>
      fn.instances.find((instance) => instance.id === id) ??
      fn.instances.find(({ token, id: own }) => token !== null && Number(`0x${own}`) === Number(`0x${id}`));
  }),
  fails('instance-compared-by-its-end', 'Instances are found by the last eight digits of their IDs.', (rules) => {
    rules.find = (fn, id) => fn.instances.find((instance) => instance.id.slice(-8) === id.slice(-8));
  }),
  fails(
    'container-compared-as-number',
    'Container IDs are compared as numbers of double precision.',
    (rules, reference) => {
      const { container } = rules.checks;
      rules.checks.container = (call) => {
        const rejection = container(call);
        const id = /functions\/([0-9a-f]{24})\//.exec(call.path)?.[1];
        if (rejection !== rules.refuse.noContainer || id === undefined) return rejection;
        call.fn = reference.functions.find((fn) => Number(`0x${fn.id}`) === Number(`0x${id}`)) ?? null;
        return call.fn ? null : rejection;
      };
    },
  ),
  fails('container-trimmed', 'Blanks around a container’s ID do not matter.', (rules, reference) => {
    const { container } = rules.checks;
    rules.checks.container = (call) => {
      const rejection = container(call);
      const id = urlDecoded(/functions\/([^/]*)\//.exec(call.path)?.[1] ?? '').trim();
      call.fn ??= reference.functions.find((fn) => fn.id === id) ?? null;
      return call.fn ? null : rejection;
    };
  }),
  fails('token-beyond-ascii-not-released', 'A run under a token beyond ASCII is never released.', (rules) => {
    const { holds } = rules;
    rules.holds = (instance, token, call) =>
      holds(instance, token, call) &&
      !(call.operation === 'release' && instance.spawnedAt !== null && /[^ -~]/.test(token));
  }),
];
