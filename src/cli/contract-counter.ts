import type { Progress } from '../../contract-tests/model/options.ts';

/** How far a run has come, on one line of a terminal that is written over; nothing where no terminal is. */
export const createCounter = (isQuiet: boolean): { report(progress: Progress): void; end(): void } => {
  const stream = process.stderr;
  if (isQuiet || !stream.isTTY) return { report: () => {}, end: () => {} };
  let all = 0;
  let ended = 0;
  const write = (line: string): void => {
    stream.write(`\r\u001b[2K${line.slice(0, Math.max(0, stream.columns - 1))}`);
  };
  return {
    report: (progress) => {
      if (progress.type === 'target') all = progress.cases;
      if (progress.type === 'case-ended') ended += 1;
      if (progress.type === 'case-started') write(`${ended} of ${all}: ${progress.id} ${progress.requirement}`);
      if (progress.type === 'cleaning') write(`releasing ${progress.open}`);
    },
    end: () => write(''),
  };
};
