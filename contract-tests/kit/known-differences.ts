import { parse } from 'yaml';
import { EmulatorError, errorCodes, toMessage } from '../../src/shared/errors.ts';
import { isRecord, textOf } from '../model/json.ts';
import type { KnownDifference } from '../model/options.ts';

/**
 * Accepted deviations from a YAML list of `{id, reason, date, link?}`. Throws an EmulatorError that names an entry
 * without a required field: a deviation without a reason is not accepted.
 */
export const parseKnownDifferences = (path: string, text: string): readonly KnownDifference[] => {
  const bad = (reason: string, advice: string): EmulatorError =>
    new EmulatorError(errorCodes.badOption, `Failed to read the known differences in ${path}: ${reason}. ${advice}.`);
  let content: unknown;
  try {
    content = parse(text, { schema: 'failsafe' }) ?? [];
  } catch (error) {
    throw bad(toMessage(error).split('\n')[0] ?? '', 'Correct the YAML');
  }
  if (!Array.isArray(content)) throw bad('they are no list', 'Begin each entry with "- id:"');
  return content.map((entry: unknown, index) => {
    const field = (name: string): string => {
      const value = isRecord(entry) ? textOf(entry[name]) : null;
      if (value === null || value === '') throw bad(`entry ${index + 1} has no ${name}`, 'Give id, reason and date');
      return value;
    };
    const date = field('date');
    if (!/^\d{4}-\d{2}-\d{2}$/.test(date))
      throw bad(`entry ${index + 1} has the date "${date}"`, 'Write it as 2025-06-01');
    const link = isRecord(entry) ? textOf(entry['link']) : null;
    return { id: field('id'), reason: field('reason'), date, ...(link === null ? {} : { link }) };
  });
};
