import type { CaseResult, ContractResult, Finding, Step } from './result.ts';

/** JSON objects of unknown origin: everything the target sends is one until it has been inspected. */
export type JsonRecord = { readonly [key: string]: unknown };

export const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The field of a value that may be anything. */
export const fieldOf = (value: unknown, ...path: readonly string[]): unknown => {
  let inner = value;
  for (const name of path) inner = isRecord(inner) && Object.hasOwn(inner, name) ? inner[name] : undefined;
  return inner;
};

export const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** Milliseconds since 1970 of an RFC 3339 date-time, whose letters may be small; NaN of everything else. */
export const timeOf = (value: unknown): number => Date.parse(textOf(value)?.toUpperCase() ?? '');

/** The value of a JSON text; undefined where it is none. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Equal as JSON: the order of keys does not count. */
export const isSameJson = (one: unknown, other: unknown): boolean => canonical(one) === canonical(other);

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    isRecord(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  ) ?? 'undefined';

/** A value as text for messages. Not cut here: that comes after secrets have been taken out, or half of one would stay. */
export const excerpt = (value: unknown): string => JSON.stringify(value) ?? 'nothing';

/** A number of things in words: `1 case`, `2 cases`; `more` where the plural is not regular. */
export const counted = (count: number, thing: string, more = `${thing}s`): string =>
  `${count} ${count === 1 ? thing : more}`;

/**
 * Removes secrets from texts by their value, in any place and any spelling that a report may have: a list of header
 * names to hide would miss the places that it does not name.
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

// The suite's own words (verdicts, outcomes, IDs) are the same for every key, so they give none away, and programs read
// them. All other texts are redacted: what a target sends may stand in any of them.

/** A case's result as it may be shown; without exchanges where too little would be left of them to read. */
export const redactCase = (redaction: Redaction, one: CaseResult, hasExchanges: boolean): CaseResult => {
  const shown = redaction.deep(hasExchanges ? one : { ...one, steps: one.steps.map(withoutExchange) });
  const { id, evidence, level, operations, questions, outcome, defects } = one;
  return {
    ...shown,
    ...{ id, evidence, level, operations, ...(questions === undefined ? {} : { questions }), outcome, defects },
    checks: shown.checks.map((check, index) => ({ ...check, ...wordsOf(one.checks[index] ?? check) })),
    steps: shown.steps.map((step, index) => ({ ...step, operation: one.steps[index]?.operation ?? null })),
  };
};

const wordsOf = ({ evidence, operation }: CaseResult['checks'][number]) => ({
  evidence,
  ...(operation === undefined ? {} : { operation }),
});

const ofFinding = ({ outcome, evidence, operations, cases }: Finding) => ({ outcome, evidence, operations, cases });

const withoutExchange = (step: Step): Step => ({
  ...step,
  request: { ...step.request, headers: {}, body: null },
  response: step.response === null ? null : { ...step.response, headers: {}, body: '' },
});

/** The whole result as it may be shown. Its verdict, exit code and counts are those that were given. */
export const redactResult = (redaction: Redaction, result: ContractResult, hasExchanges: boolean): ContractResult => {
  const { cases, ...rest } = result;
  const { verdict, startedAt, suite, defects } = result;
  const shown = redaction.deep(rest);
  return {
    ...shown,
    ...{ verdict, startedAt, suite, defects },
    findings: shown.findings.map((finding, index) => ({ ...finding, ...ofFinding(result.findings[index] ?? finding) })),
    untried: shown.untried.map(({ reason }, index) => ({ reason, cases: result.untried[index]?.cases ?? [] })),
    leftovers: shown.leftovers.map((leftover, index) => ({
      ...leftover,
      phase: result.leftovers[index]?.phase ?? leftover.phase,
    })),
    cases: cases.map((one) => redactCase(redaction, one, hasExchanges)),
  };
};
