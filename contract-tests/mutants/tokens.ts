import { crc32 } from 'node:zlib';
import { accept, decode } from '../reference/requests.ts';
import type { Change, Operation, Rules } from '../reference/rules.ts';
import { afterSuccess, fails, type Mutant, notes } from './mutant.ts';

const echoing = (name: string, description: string, echo: (token: string) => string): Mutant =>
  fails(name, description, { echo });

/** Claims that other tokens open as well. */
const opening = (name: string, description: string, also: (held: string, given: string) => boolean): Mutant =>
  fails(name, description, {
    holds: ({ token }, given) => token !== null && (token === given || also(token, given)),
  });

/** Compares what is left of tokens once they are stored. */
const comparing = (name: string, description: string, stored: (token: string) => string): Mutant =>
  opening(name, description, (held, given) => stored(held) === stored(given));

/** Tokens that change in the store, so that they do not open their own claims. */
const losing = (name: string, description: string, stored: (token: string) => string): Mutant =>
  fails(name, description, { holds: ({ token }, given) => token !== null && stored(token) === given });

const refusing = (name: string, description: string, isRefused: (token: string) => boolean): Mutant =>
  notes(name, description, ({ checkFields, refuse }) => ({
    checkFields: (call) => {
      const token = call.fields?.['token'];
      return typeof token === 'string' && isRefused(token)
        ? { ...refuse.invalid, source: '/token' }
        : checkFields(call);
    },
  }));

/** Takes the token that holds the instance for the one that is missing. */
const needless =
  (operation: Operation): Change =>
  ({ checkFields, find }) => ({
    checkFields: (call) => {
      if (call.operation === operation && call.fields?.['token'] === undefined) {
        const { fn, instanceId } = accept(call);
        const token = find(fn, instanceId)?.token;
        if (token) call.fields = { ...call.fields, token };
      }
      return checkFields(call);
    },
  });

/** Lets every token that ever held an instance open it. */
const rememberingTokens =
  (operation: Operation): Change =>
  ({ take, holds }) => {
    const past = new Set<string>();
    return {
      take: (instance, token) => {
        past.add(`${instance.id} ${token}`);
        take(instance, token);
      },
      holds: (instance, token, call) =>
        holds(instance, token, call) || (call.operation === operation && past.has(`${instance.id} ${token}`)),
    };
  };

/** What a token is, and what it opens. */
export const tokenMutants: readonly Mutant[] = [
  echoing('token-not-echoed', 'Answers carry a token of the scheduler’s own.', () => 'scheduler-token'),
  echoing('token-emptied', 'Answers carry an empty token.', () => ''),
  echoing('token-trimmed', 'Blanks around a token are lost in answers.', (token) => token.trim()),
  echoing('token-lower-cased', 'Answers carry the token in lower case.', (token) => token.toLowerCase()),
  echoing('token-unicode-broken', 'Characters beyond Latin-1 are broken in answers.', (token) =>
    Buffer.from(token, 'latin1').toString('latin1'),
  ),
  echoing('token-normalised', 'Answers carry the token in Unicode’s compatibility form.', (token) =>
    token.normalize('NFKD'),
  ),
  echoing('token-truncated', 'Answers carry the first 64 characters of a token.', (token) => token.slice(0, 64)),
  comparing('token-compared-without-case', 'A token opens a claim also in another case.', (token) =>
    token.toLowerCase(),
  ),
  comparing('token-compared-by-start', 'The first five characters of a token open its claim.', (token) =>
    token.slice(0, 5),
  ),
  comparing('token-compared-by-length', 'Any token of the same length opens a claim.', (token) => String(token.length)),
  comparing('token-compared-trimmed', 'Blanks around a token do not matter.', (token) => token.trim()),
  comparing('token-compared-normalised', 'Tokens that only Unicode tells apart are the same.', (token) =>
    token.normalize('NFKC'),
  ),
  fails('token-needless-for-spawn', 'Spawn needs no token in its body.', needless('spawn')),
  fails('token-needless-for-release', 'Release needs no token in its body.', needless('release')),
  fails('token-of-the-past-spawns', 'The token of a released claim spawns a later one.', rememberingTokens('spawn')),
  fails('token-of-the-past-releases', 'The token of an ended run releases a later one.', rememberingTokens('release')),
  fails('token-ignored-by-spawn', 'Any token spawns a claimed instance.', ({ holds }) => ({
    holds: (instance, token, call) => call.operation === 'spawn' || holds(instance, token, call),
  })),
  fails('token-ignored-by-release', 'Any token releases an instance.', ({ holds }) => ({
    holds: (instance, token, call) => call.operation === 'release' || holds(instance, token, call),
  })),
  fails('token-of-a-neighbour', 'The token of any claim of the function opens all of its claims.', {
    holds: ({ fn }, token) => fn.instances.some((instance) => instance.token === token),
  }),
  fails('token-stands-for-the-instance', 'Spawn and release take the token’s first instance.', ({ spawn, release }) => {
    const byToken =
      (run: Rules['spawn']): Rules['spawn'] =>
      (call) => {
        const held = call.fn.instances.find(({ token }) => token === call.token);
        return run(held ? { ...call, instanceId: held.id } : call);
      };
    return { spawn: byToken(spawn), release: byToken(release) };
  }),
  fails(
    'token-releases-all',
    'Release gives back every instance that the token holds.',
    afterSuccess('release', async (call, { stop, free }) => {
      for (const instance of call.fn.instances.filter(({ token }) => token === call.token)) {
        await stop(instance);
        free(instance);
      }
    }),
  ),
  refusing('token-of-four-refused', 'Claim refuses a token of four characters (D3).', (token) => token.length < 5),
  refusing('token-of-two-hundred-refused', 'A long token is refused.', (token) => token.length > 200),
  refusing('token-with-unicode-refused', 'A token with characters beyond ASCII is refused.', (token) =>
    /[^ -~]/.test(token),
  ),
  fails('token-beyond-ascii-not-released', 'A run under a token beyond ASCII is never released.', ({ holds }) => ({
    holds: (instance, token, call) =>
      holds(instance, token, call) &&
      !(call.operation === 'release' && instance.spawnedAt !== null && /[^ -~]/.test(token)),
  })),
  fails(
    'functions-share-tokens',
    'A release ends what its token holds in any function.',
    afterSuccess('release', async (call, { stop, free }, { functions }) => {
      for (const instance of functions.flatMap(({ instances }) => instances)) {
        if (instance.fn === call.fn || instance.token !== call.token) continue;
        await stop(instance);
        free(instance);
      }
    }),
  ),

  // How languages and stores compare texts
  opening(
    'token-compared-as-number',
    'Tokens that read as numbers are compared as numbers, as PHP does.',
    (held, given) => isNumber(held) && isNumber(given) && Number(held) === Number(given),
  ),
  comparing('token-in-255-characters', 'A column keeps the first 255 characters of a token.', (token) =>
    token.slice(0, 255),
  ),
  comparing('token-in-1024-characters', 'A buffer keeps the first 1,024 characters of a token.', (token) =>
    token.slice(0, 1_024),
  ),
  comparing('token-hashed-by-bcrypt', 'A hash regards the first 72 bytes of a token.', (token) =>
    Buffer.from(token).subarray(0, 72).toString('latin1'),
  ),
  comparing('token-ends-at-nul', 'A token ends at its first NUL, as texts of C do.', (token) =>
    token.replace(/\0.*/s, ''),
  ),
  comparing('token-ends-at-emoji', 'A token ends at its first character of four bytes.', (token) =>
    token.replace(/[\u{10000}-\u{10ffff}].*/su, ''),
  ),
  comparing('token-without-accents', 'A collation takes letters with and without accents for the same.', (token) =>
    token.normalize('NFD').replace(/\p{Mn}/gu, ''),
  ),
  comparing('token-without-blanks-behind', 'Blanks and line breaks behind a token do not matter.', (token) =>
    token.trimEnd(),
  ),
  comparing('token-url-decoded', 'Tokens are decoded as parts of URLs.', (token) => decode(token.replaceAll('+', ' '))),
  comparing('token-unescaped', 'Entities of HTML in tokens are resolved.', (token) =>
    token.replaceAll('&lt;', '<').replaceAll('&amp;', '&'),
  ),
  comparing('token-in-ascii', 'Characters beyond ASCII are question marks in the store.', (token) =>
    token.replace(/[^\0-\x7f]/gu, '?'),
  ),
  comparing('token-without-punctuation', 'Hyphens and blanks in tokens do not matter, as in UUIDs.', (token) =>
    token.replace(/[-\s{}]/g, ''),
  ),
  comparing('token-by-hash-code', 'Tokens are compared by the hash of 32 bits that Java gives texts.', (token) =>
    String([...Array(token.length).keys()].reduce((hash, at) => (Math.imul(31, hash) + token.charCodeAt(at)) | 0, 0)),
  ),
  comparing('token-by-checksum', 'Tokens are compared by their CRC-32.', (token) => String(crc32(token))),
  opening('token-as-like-pattern', 'A query takes the token for a pattern of LIKE.', (held, given) =>
    matches(likePattern(given), held),
  ),
  opening('token-as-expression', 'A token is taken for a regular expression.', (held, given) => matches(given, held)),
  opening('token-of-an-object', 'A name that all objects have opens claims.', (_held, given) => given in {}),
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
];

const isNumber = (text: string): boolean => text.trim() !== '' && !Number.isNaN(Number(text));

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
