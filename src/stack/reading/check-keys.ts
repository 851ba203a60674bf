import { type Document, isScalar, type Scalar, visit } from 'yaml';
import type { Position, Report } from './report.ts';

/** Reports keys given twice in one map, where the last would win silently, and keys that are lists or maps. */
export const reportKeys = (document: Document, report: Report, toPosition: (offset: number) => Position): void => {
  visit(document, {
    Map: (_, map) => {
      const first = new Map<string, number>();
      for (const { key } of map.items) {
        if (!isScalar(key)) {
          report.problem([], 'got a list or a map as a key, expected a word');
          continue;
        }
        const name = String(key.value);
        const offset = (key as Scalar).range?.[0] ?? 0;
        const before = first.get(name);
        if (before === undefined) first.set(name, offset);
        else {
          const { line } = toPosition(before);
          report.problem(
            [],
            `the key ${JSON.stringify(name)} is given twice, first in line ${line}`,
            toPosition(offset),
          );
        }
      }
    },
  });
};
