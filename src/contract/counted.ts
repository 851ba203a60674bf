/** A number of things in words: `1 case`, `2 cases`. */
export const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`;
