/**
 * Takes secrets out of texts by their value, wherever they turn up and in whatever spelling a report may have them:
 * a list of header names to hide would miss the one place nobody thought of.
 */
export interface Redaction {
  /** From now on `shown` stands in the place of `secret`, or a sign where `shown` could spell a part of the secret. */
  hide(secret: string, shown: string): void;
  text(text: string): string;
  /** A copy of any JSON value with all its texts redacted. Names of properties and numbers stay as they are. */
  deep<Value>(value: Value): Value;
}

/** What stands for the access key in reports; a shell puts the key in its place when a command is copied. */
export const shownAccessKey = '$CYCLE_ACCESS_KEY';

/** Shorter secrets turn up in texts by chance: what is left of a text without them can no longer be read. */
export const shortestUsualSecret = 8;

type Hidden = { readonly spelling: string; readonly shown: string };

export const createRedaction = (): Redaction => {
  let hidden: readonly Hidden[] = [];
  const text = (given: string): string =>
    hidden.reduce((redacted, { spelling, shown }) => redacted.replaceAll(spelling, () => shown), given);
  const deep = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value);
    if (Array.isArray(value)) return value.map(deep);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, deep(inner)]));
  };
  return {
    hide: (secret, shown) => {
      if (secret === '') return;
      const all = [...hidden, ...spellings(secret).map((spelling) => ({ spelling, shown }))];
      const texts = all.map(({ spelling }) => spelling);
      hidden = all
        .map((one) => ({ ...one, shown: harmless(one.shown, texts) }))
        // The longest first: one secret may be part of another.
        .sort((a, b) => b.spelling.length - a.spelling.length);
    },
    text,
    deep: (value) => deep(value) as typeof value,
  };
};

/** What is shown must spell no secret, neither by itself nor together with what stands beside it. */
const harmless = (shown: string, secrets: readonly string[]): string => {
  if (!secrets.some((secret) => canSpell(shown, secret))) return shown;
  let sign = 0x2588;
  while (secrets.some((secret) => secret.includes(String.fromCharCode(sign)))) sign += 1;
  return String.fromCharCode(sign);
};

const canSpell = (shown: string, secret: string): boolean => {
  if (shown.includes(secret) || secret.includes(shown)) return true;
  const lengths = Array.from({ length: Math.min(shown.length, secret.length) }, (_, index) => index + 1);
  return lengths.some((length) => shown.endsWith(secret.slice(0, length)) || secret.endsWith(shown.slice(0, length)));
};

const asJson = (text: string): string => JSON.stringify(text).slice(1, -1);

const spellings = (secret: string): readonly string[] => [
  ...new Set([
    secret,
    asJson(secret),
    // A body of JSON that is quoted in a message.
    asJson(asJson(secret)),
    encodeURIComponent(secret.toWellFormed()),
    ...(['utf8', 'latin1'] as const).flatMap((encoding) => {
      const bytes = Buffer.from(secret, encoding);
      return [bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url'), bytes.toString('hex')];
    }),
  ]),
];
