/** Takes text to somewhere. */
export type Sink = { write(text: string): unknown };

/**
 * Hands on what is written in one turn of the event loop as one text: a busy server logs many lines a turn, and a system
 * call for each would take as long as making the line. What the process ends with goes out before it does; only a
 * `kill -9` can take the lines of its last turn with it.
 */
export const writeByTurns = (sink: Sink): Sink => {
  let waiting = '';
  const handOn = (): void => {
    const text = waiting;
    waiting = '';
    if (text !== '') sink.write(text);
  };
  process.on('exit', handOn);
  return {
    write: (text) => {
      if (waiting === '') setImmediate(handOn);
      waiting += text;
    },
  };
};
