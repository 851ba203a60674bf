/**
 * Takes secrets out of texts by their value, wherever they turn up and in whatever spelling a report may have them:
 * a list of header names to hide would miss the one place nobody thought of.
 */
export interface Redaction {
  /** From now on `shown` stands in the place of `secret`. */
  hide(secret: string, shown: string): void;
  text(text: string): string;
  /** A copy of any JSON value with all its texts redacted, keys included. */
  deep<Value>(value: Value): Value;
}

/** What stands for the access key in reports; a shell puts the key in its place when a command is copied. */
export const shownAccessKey = '$CYCLE_ACCESS_KEY';

export const createRedaction = (): Redaction => {
  let hidden: readonly { readonly secret: string; readonly shown: string }[] = [];
  const text = (given: string): string =>
    hidden.reduce((redacted, { secret, shown }) => redacted.replaceAll(secret, shown), given);
  const deep = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value);
    if (Array.isArray(value)) return value.map(deep);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [text(key), deep(inner)]));
  };
  return {
    hide: (secret, shown) => {
      if (secret === '') return;
      const added = spellings(secret).map((spelling) => ({ secret: spelling, shown }));
      // The longest first: one secret may be part of another.
      hidden = [...hidden, ...added].sort((a, b) => b.secret.length - a.secret.length);
    },
    text,
    deep: (value) => deep(value) as typeof value,
  };
};

const asJson = (text: string): string => JSON.stringify(text).slice(1, -1);

const spellings = (secret: string): readonly string[] => [
  ...new Set([
    secret,
    asJson(secret),
    // A body of JSON that is quoted in a message.
    asJson(asJson(secret)),
    encodeURIComponent(secret),
    ...(['utf8', 'latin1'] as const).flatMap((encoding) => {
      const bytes = Buffer.from(secret, encoding);
      return [bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url'), bytes.toString('hex')];
    }),
  ]),
];
