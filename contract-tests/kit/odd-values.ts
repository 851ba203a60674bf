// Values that break naive programs: one list for tokens, IDs, keys, variables and paths. What is made from a value here
// differs from it in at least one byte, so a scheduler that takes one for the other compares, cuts or converts wrongly.

/** A value and what is odd about it, as a phrase for messages. */
export type Odd<Value = string> = { readonly what: string; readonly value: Value };

/** Two values that a naive program takes for the same. */
export type OddPair = { readonly what: string; readonly one: string; readonly other: string };

const odd = <Value>(what: string, value: Value): Odd<Value> => ({ what, value });
const pair = (what: string, one: string, other: string): OddPair => ({ what, one, other });

/** Where columns, hashes, headers and buffers cut: UUID, hex digests, bcrypt, indexed columns, VARCHAR, pages, TEXT. */
export const cuttingLengths = [
  8, 16, 20, 24, 32, 36, 40, 48, 50, 60, 63, 64, 72, 80, 100, 120, 127, 128, 191, 200, 250, 254, 255, 256, 500, 511,
  512, 767, 1_000, 1_023, 1_024, 2_000, 2_048, 4_000, 4_095, 4_096, 8_000, 8_191, 8_192, 16_384, 32_767, 65_535,
] as const;

/** Two tokens of ASCII letters that are the same for `length` characters and differ in the one after that. */
export const sharingPrefix = (start: string, length: number): OddPair => {
  const shared = start.padEnd(length, 'abcdefghijklmnopqrstuvwxyz').slice(0, length);
  return pair(`the same for ${length} characters`, `${shared}-one`, `${shared}!two`);
};

/** Other values that look like `text`; all are different from it and from each other. */
export const lookalikes = (text: string): readonly Odd[] =>
  distinctFrom(text, [
    odd('in capitals', text.toUpperCase()),
    odd('in small letters', text.toLowerCase()),
    odd('with its first letter in the other case', `${otherCase(text.slice(0, 1))}${text.slice(1)}`),
    odd('with its last letter in the other case', `${text.slice(0, -1)}${otherCase(text.slice(-1))}`),
    ...(['NFC', 'NFD', 'NFKC', 'NFKD'] as const).map((form) =>
      odd(`in the Unicode form ${form}`, text.normalize(form)),
    ),
    odd('with a blank before it', ` ${text}`),
    odd('with a blank behind it', `${text} `),
    odd('with a tab behind it', `${text}\t`),
    odd('with a line break behind it', `${text}\n`),
    odd('with a carriage return and line break behind it', `${text}\r\n`),
    odd('with a no-break space behind it', `${text}\u00a0`),
    odd('with a zero-width space behind it', `${text}\u200b`),
    odd('with a byte order mark before it', `\ufeff${text}`),
    odd('with NUL and more behind it', `${text}\0more`),
    odd('without its last character', text.slice(0, -1)),
    odd('without its first character', text.slice(1)),
    odd('its first five characters', text.slice(0, 5)),
    odd('with one character more', `${text}x`),
    odd('with one character before it', `x${text}`),
    odd('twice', `${text}${text}`),
    odd('reversed', [...text].reverse().join('')),
    odd('with another last character', `${text.slice(0, -1)}${text.endsWith('0') ? '1' : '0'}`),
    odd('in quotes', `"${text}"`),
    odd('percent-encoded', [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')),
    odd('in base64', Buffer.from(text).toString('base64')),
    odd('as a pattern of SQL', '%'.repeat(Math.max(5, text.length))),
    odd('as a pattern of SQL for one character each', '_'.repeat(Math.max(5, text.length))),
    odd('as a regular expression', '.....*'),
    odd('as a pattern of a shell', `${text.slice(0, 5)}*`),
    odd('with the first letters, as LIKE has it', `${text.slice(0, 5)}%`),
    odd('as a condition that always holds', `${text}' OR '1'='1`),
  ]);

/** What comes near a token: its parts, more than it, and its neighbour. */
export const nearTokens = (token: string): readonly string[] => {
  const neighbour = `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`;
  return [token.toUpperCase(), token.slice(0, -1), `${token}x`, ` ${token}`, token.slice(0, 5), neighbour];
};

/** Equal under the loose comparisons and conversions of languages and collations; all have five characters or more. */
export const looselyEqual: readonly OddPair[] = [
  pair('both zero as floats (PHP)', '0e12345', '0e98765'),
  pair('the same number, once as a float', '12345', '12345.0'),
  pair('the same number with leading zeros', '12345', '0012345'),
  pair('the same number with a sign', '12345', '+12345'),
  pair('the same number with an exponent', '10000', '100e2'),
  pair('the same number in hexadecimal', '12345', '0x3039'),
  pair('the same number with separators', '12345', '12_345'),
  pair('the same after 53 bits', '9007199254740993', '9007199254740992'),
  pair('the same after 64 bits', '18446744073709551616', '18446744073709551617'),
  pair('the same leading number', '12345-one', '12345-two'),
  pair('the same without accents (MySQL)', 'résumé', 'resume'),
  pair('the same letters, ß and ss', 'straße', 'strasse'),
  pair('the same letters, K and the Kelvin sign', 'K-lvin', '\u212a-lvin'),
  pair('the same letters, s and the long s', 'session', 'ſession'),
  pair('the same letters, dotless and dotted i', 'token-i', 'token-ı'),
  pair('the same ligature (NFKC)', 'final-ﬁ', 'final-fi'),
  pair('the same letter composed and decomposed', 'caf\u00e9-1', 'cafe\u0301-1'),
  pair('the same width (NFKC)', 'token-Ｅ', 'token-E'),
  pair('the same after a cut to 16 bits', 'token-\u{1f6b2}', 'token-\uf6b2'),
  pair('the same once Latin-1 replaces what it lacks', 'token-世', 'token-界'),
  pair('the same without its NUL', 'token\0', 'token'),
  pair('the same up to a NUL', 'token\0one', 'token\0two'),
  pair('the same once a plus is a blank', 'one+two', 'one two'),
  pair('the same once it is percent-decoded', 'one%20two', 'one two'),
  pair('the same once JSON escapes are read twice', 'name\\u0041', 'nameA'),
  pair('the same without blanks inside', 'one  two', 'one two'),
];

/** Texts that YAML, JSON, a shell, a query or an object would read as something else; all have five characters or more. */
export const misreadTexts: readonly Odd[] = [
  odd('false, to YAML', 'false'),
  odd('a number', '12345'),
  odd('a number with an exponent', '1e100'),
  odd('a number with leading zeros', '00042'),
  odd('a number in hexadecimal', '0x1F40'),
  odd('not a number', '-.inf'),
  odd('a moment', '2025-06-01'),
  odd('a time of base 60, to YAML 1.1', '12:30:45'),
  odd('undefined, to JavaScript', 'undefined'),
  odd('nothing, to JSON', 'null\n'),
  odd('an object, to JSON', '{"a":1}'),
  odd('a list, to JSON', '["a"]'),
  odd('a text, to JSON', '"quoted"'),
  odd('a property of every object', '__proto__'),
  odd('a constructor of every object', 'constructor'),
  odd('a method of every object', 'toString'),
  odd('a variable, to a shell', '$HOME/x'),
  odd('a command, to a shell', '$(id)-`id`'),
  odd('the end of a command', 'one;two&three|four'),
  odd('an option', '--help'),
  odd('a comment', '#one #two'),
  odd('a condition, to SQL', "' OR '1'='1' --"),
  odd('two statements, to SQL', "x'; DROP TABLE claims; --"),
  odd('a pattern, to SQL', '%_%_%'),
  odd('a path', '../../etc'),
  odd('a path of Windows', 'C:\\new\\text'),
  odd('a percent sign that encodes nothing', '100%-sure%zz'),
  odd('a form', 'a=1&b=2+3'),
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is one of the templates
  odd('a template', '{{7*7}}-${7*7}-<%= 7*7 %>'),
  odd('a format', '%s%d%n%x'),
  odd('markup', '<b>&amp;</b>'),
  odd('a regular expression', '^.*(a+)+$'),
  odd('a separator of keys', 'one:two|three/four,five'),
  odd('escapes', 'one\\n\\u0041\\x41'),
  odd('several lines', 'one\ntwo\r\nthree'),
  odd('a control character', 'one\u0007\u001btwo'),
  odd('blanks alone', '       '),
  odd('a script from right to left', 'مرحبا-שלום'),
  odd('beyond the basic plane', '🚲🚲🚲🚲🚲'),
  odd('as the official client’s program has it', 'my-custom-token'),
];

/** Very long texts of ASCII, in lengths at which servers and stores begin to object. */
export const longTexts: readonly Odd[] = [255, 1_024, 5_000, 65_536].map((length) =>
  odd(`${length} characters`, sharingPrefix('long-', length).one.slice(0, length)),
);

/** Where a text is described: values of other types, among them those that loose comparisons take for `text`. */
export const mistyped = (text: string): readonly Odd<unknown>[] => [
  odd('null', null),
  odd('true', true),
  odd('zero', 0),
  odd('a number', 12_345),
  odd('a list of it', [text]),
  odd('an empty list', []),
  odd('an object', { token: text }),
  odd('an operator of a query', { $ne: null }),
  odd('a regular expression of a query', { $regex: '.*' }),
];

/** Texts shorter than the description’s minimum of five characters. */
export const tooShort: readonly Odd[] = ['', 'a', '0', 'abcd'].map((text) => odd(`${text.length} characters`, text));

/** IDs that are not `id`. Capitals are left out: whether they name the same is nothing public. */
export const oddIds = (id: string): readonly Odd[] =>
  distinctFrom(id, [
    odd('empty', ''),
    odd('without its last digit', id.slice(0, -1)),
    odd('with one digit more', `${id}0`),
    odd('with another last digit', `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`),
    odd('with another first digit', `${/^e/i.test(id) ? 'd' : 'e'}${id.slice(1)}`),
    odd('reversed', [...id].reverse().join('')),
    odd('zeros', '0'.repeat(24)),
    odd('with a blank behind it', `${id} `),
    odd('with NUL behind it', `${id}\0`),
    odd('with letters that are no digits', `${id.slice(0, -1)}g`),
    odd('a pattern', '%'.repeat(24)),
    odd('a property of every object', '__proto__'),
    odd('a path', `../${id}`),
  ]);

/** What is made from an access key, and gives most of it away. Blanks around are left out: HTTP takes them off a header’s value. */
export const madeFromKey = (key: string): readonly Odd[] =>
  distinctFrom(key, [
    odd('in capitals', key.toUpperCase()),
    odd('in small letters', key.toLowerCase()),
    odd('without its last character', key.slice(0, -1)),
    odd('without its first character', key.slice(1)),
    odd('with one character more', `${key}x`),
    odd('twice', `${key}${key}`),
    odd('in quotes', `"${key}"`),
    odd('as a bearer token', `Bearer ${key}`),
    odd('in a list', `wrong, ${key}`),
    odd('in base64', Buffer.from(key).toString('base64')),
  ]);

/** Access keys that are not `key`. */
export const oddKeys = (key: string): readonly Odd[] =>
  distinctFrom(key, [
    ...madeFromKey(key),
    odd('a pattern', '*'),
    odd('a wildcard of SQL', '%'),
    odd('null', 'null'),
    odd('undefined', 'undefined'),
    odd('true', 'true'),
    odd('zero', '0'),
    odd('a property of every object', 'constructor'),
  ]);

/** Spellings of an operation’s path that are not the description’s: none may lead past a check that the path itself has. */
export const oddPaths = (path: string): readonly Odd[] =>
  distinctFrom(path, [
    odd('with a slash behind it', `${path}/`),
    odd('with two slashes before it', `/${path}`),
    odd('with two slashes inside', path.replace(/\/([^/]+)$/, '//$1')),
    odd(
      'with its action in capitals',
      path.replace(/[^/]+$/, (action) => action.toUpperCase()),
    ),
    odd('with its version in capitals', path.replace('/v1/', '/V1/')),
    odd('with a letter percent-encoded', path.replace('functions', '%66unctions')),
    odd('with a dot segment', path.replace('/v1/', '/./v1/')),
    odd('with two dots', path.replace('/v1/', '/x/../v1/')),
    odd('with a parameter of the path', `${path};x=1`),
    odd('with an empty query', `${path}?`),
    odd('with a query', `${path}?x=1`),
    odd('with an extension', `${path}.json`),
    odd('with a percent-encoded slash behind it', `${path}%2f`),
    odd('with a percent-encoded NUL behind it', `${path}%00`),
  ]);

/** Variables any process can have, by name: each arrives as it is, to the byte. */
export const oddVariables: Readonly<Record<string, string>> = {
  lower_case: 'small',
  'with.dots-and-dashes': 'odd name',
  'with blank': 'odd name',
  '1ST': 'begins with a digit',
  EMPTY: '',
  BLANKS: '  around  ',
  EQUALS: 'a=b==c',
  ...Object.fromEntries(misreadTexts.map(({ value }, index) => [`MISREAD_${index}`, value])),
};

/** What runtime_variables may not be. */
export const malformedVariables: readonly unknown[] = [
  'KEY=value',
  ['KEY=value'],
  7,
  { environment_variables: 'KEY=value' },
  { environment_variables: ['KEY=value'] },
  ...[1, true, null, ['value'], { value: '1' }].map((KEY) => ({ environment_variables: { KEY } })),
];

const otherCase = (letter: string): string =>
  letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase();

const distinctFrom = (text: string, found: readonly Odd[]): readonly Odd[] => [
  ...new Map(found.filter(({ value }) => value !== text).map((one) => [one.value, one])).values(),
];
