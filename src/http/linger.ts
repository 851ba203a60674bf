/** How long a caller whose request is not read to its end may take to read the answer, in milliseconds. */
export const lingerMs = 1_000;
