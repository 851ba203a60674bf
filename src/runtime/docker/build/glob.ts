// One part of a pattern: a test of one character, or a repetition. `within` is [^/]*, `rest` is .*, `folders` is (.*/)?.
export type GlobPart = ((character: string) => boolean) | 'within' | 'rest' | 'folders';

/**
 * Whether the parts match all of a path. All ways to match go on side by side, as in Go's regular expressions: those of
 * JavaScript try one after the other, and take for ever where a pattern has many repetitions.
 */
export const matchesGlob = (parts: readonly GlobPart[], path: string): boolean => {
  let places = enter(parts, 0, []);
  for (const character of path) {
    const next: number[] = [];
    for (const place of places) step(parts, place, character, next);
    if (next.length === 0) return false;
    places = next;
  }
  return places.includes(parts.length);
};

/** Adds a place, and those behind it that need no character. */
const enter = (parts: readonly GlobPart[], place: number, places: number[]): number[] => {
  for (let at = place; ; at += 1) {
    add(at, places);
    if (typeof parts[at] !== 'string') return places;
  }
};

/** They are few, so that a look through them is faster than a set. */
const add = (place: number, places: number[]): void => {
  if (!places.includes(place)) places.push(place);
};

const step = (parts: readonly GlobPart[], place: number, character: string, next: number[]): void => {
  const part = parts[place];
  if (part === undefined) return;
  if (typeof part === 'function') {
    if (part(character)) enter(parts, place + 1, next);
  } else if (part === 'within') {
    if (character !== '/') enter(parts, place, next);
  } else if (character !== '\n') {
    // Folders that have begun end with a slash only.
    if (part === 'rest') enter(parts, place, next);
    else add(place, next);
    if (part === 'folders' && character === '/') enter(parts, place + 1, next);
  }
};
