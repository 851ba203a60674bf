import type { Repetition } from '../model/result.ts';

/** How to see a finding of the exploration again, in lines of plain text; the last is the command. */
export const toRepetitionLines = ({ seen, history, command }: Repetition): readonly string[] => [
  `history (${seen}): ${history.join('; ')}`,
  command,
];
