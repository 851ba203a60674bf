/** No field is longer; comparing takes time with the square of the length. */
const longestWord = 80;

/** The known word that a mistyped one most likely stands for; null where none is near enough. */
export const suggest = (word: string, known: readonly string[]): string | null => {
  if (word.length > longestWord) return null;
  const mostEdits = Math.max(1, Math.floor(word.length / 3));
  const [nearest] = known
    .filter((candidate) => Math.abs(candidate.length - word.length) <= mostEdits || isBeginning(word, candidate))
    .map((candidate) => ({ candidate, edits: countEdits(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, edits }) => edits <= mostEdits || isBeginning(word, candidate))
    .sort((a, b) => a.edits - b.edits);
  return nearest?.candidate ?? null;
};

/** Words that are cut short, and of one that is very short nothing can be said. */
const isBeginning = (word: string, candidate: string): boolean =>
  word.length > 3 && candidate.toLowerCase().startsWith(word.toLowerCase());

/** `, did you mean "x"?`, or nothing. */
export const didYouMean = (word: string, known: readonly string[]): string => {
  const nearest = suggest(word, known);
  return nearest === null ? '' : `, did you mean "${nearest}"?`;
};

/** Levenshtein's distance: letters to insert, drop or replace; letters in another order count as one. */
const countEdits = (from: string, to: string): number => {
  if (from !== to && [...from].sort().join() === [...to].sort().join()) return 1;
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      current.push(
        Math.min(
          (previous[column] ?? 0) + 1,
          (current[column - 1] ?? 0) + 1,
          (previous[column - 1] ?? 0) + (same ? 0 : 1),
        ),
      );
    }
    previous = current;
  }
  return previous[to.length] ?? 0;
};
