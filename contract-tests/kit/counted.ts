/** A number of things in words: `1 case`, `2 cases`; `more` where the plural is not regular. */
export const counted = (count: number, thing: string, more = `${thing}s`): string =>
  `${count} ${count === 1 ? thing : more}`;
