/**
 * How many claims of one function may wait in line (our choice). A caller that floods a scheduler is turned away at the
 * end of the line instead of costing it a connection, memory and the time of others.
 */
export const longestLine = 1_000;
