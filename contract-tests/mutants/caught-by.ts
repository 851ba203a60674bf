import { readFile } from 'node:fs/promises';

/** The case that catches each mutant. write-table.ts writes it, mutants.test.ts checks it. */
export type CaughtBy = Readonly<Record<string, string>>;

export const caughtByFile = new URL('./caught-by.json', import.meta.url);

export const loadCaughtBy = async (): Promise<CaughtBy> => JSON.parse(await readFile(caughtByFile, 'utf8'));
