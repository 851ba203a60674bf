/** Asks whether work is over, one way or the other, without waiting for it. */
export const watch = (work: Promise<unknown>): (() => boolean) => {
  let isOver = false;
  const note = (): void => {
    isOver = true;
  };
  work.then(note, note);
  return () => isOver;
};
