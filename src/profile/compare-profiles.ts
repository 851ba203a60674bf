import type { Profile, ProfileAnswer } from './profile.ts';

/** A question that two targets, or one target at two times, answer differently; null where it was not asked. */
export type Difference = {
  readonly question: string;
  readonly one: ProfileAnswer | null;
  readonly other: ProfileAnswer | null;
};

export type Comparison = {
  readonly one: Pick<Profile, 'target' | 'date'>;
  readonly other: Pick<Profile, 'target' | 'date'>;
  /** Questions that both have answered. */
  readonly compared: number;
  readonly differences: readonly Difference[];
  /** Questions that only one of them was asked: no difference, and no agreement either. */
  readonly unasked: readonly Difference[];
};

export const compareProfiles = (one: Profile, other: Profile): Comparison => {
  const names = [...new Set([...Object.keys(one.answers), ...Object.keys(other.answers)])].sort();
  const pairs = names.map((question) => ({
    question,
    one: one.answers[question] ?? null,
    other: other.answers[question] ?? null,
  }));
  const asked = pairs.filter((pair) => pair.one !== null && pair.other !== null);
  return {
    one: { target: one.target, date: one.date },
    other: { target: other.target, date: other.date },
    compared: asked.length,
    differences: asked.filter((pair) => renderAnswer(pair.one) !== renderAnswer(pair.other)),
    unasked: pairs.filter((pair) => pair.one === null || pair.other === null),
  };
};

/** An answer in a few words; `200`, `404.instance`, `504.not-available, waits`. */
export const renderAnswer = (answer: ProfileAnswer | null): string =>
  answer === null
    ? 'not asked'
    : [
        answer.code?.startsWith(`${answer.status}.`)
          ? answer.code
          : [answer.status, answer.code].filter(Boolean).join(' '),
        answer.behaviour,
      ]
        .filter(Boolean)
        .join(', ');
