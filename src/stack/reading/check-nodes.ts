import { type Document, isNode, isScalar, visit, type YAMLMap } from 'yaml';
import type { Position, Report } from './report.ts';

/** The parser looks each alias up among all anchors and aliases before it. */
const mostAliases = 1_000;

type ToPosition = (offset: number) => Position;

/**
 * Reports what the parser lets pass or would name without its place: keys given twice in one map, where the last would
 * win silently, keys that are lists or maps, and aliases of nothing.
 */
export const checkNodes = (document: Document, report: Report, toPosition: ToPosition): void => {
  const anchors = new Set<string>();
  let aliases = 0;
  visit(document, {
    Value: (_, { anchor }) => {
      if (anchor !== undefined) anchors.add(anchor);
    },
    Map: (_, map) => {
      if (map.anchor !== undefined) anchors.add(map.anchor);
      checkKeys(map, report, toPosition);
    },
    Alias: (_, alias) => {
      aliases += 1;
      if (aliases > mostAliases) {
        report.problem([], `more than ${mostAliases} aliases`, placeOf(alias, toPosition));
        return visit.BREAK;
      }
      // Without its name: an unquoted secret that begins with * reads as an alias.
      if (!anchors.has(alias.source)) {
        const text = 'an alias of an anchor that is not there: put text that begins with * in quotes';
        report.problem([], text, placeOf(alias, toPosition));
      }
      return undefined;
    },
  });
};

const checkKeys = (map: YAMLMap, report: Report, toPosition: ToPosition): void => {
  const first = new Map<string, number>();
  for (const { key } of map.items) {
    const place = placeOf(key, toPosition);
    if (!isScalar(key)) {
      report.problem([], 'got a list, a map or an alias as a key, expected a word', place);
      continue;
    }
    const name = String(key.value);
    const line = first.get(name);
    if (line === undefined) first.set(name, place.line);
    else report.problem([], `the key ${JSON.stringify(name)} is given twice, first in line ${line}`, place);
  }
};

const placeOf = (node: unknown, toPosition: ToPosition): Position => toPosition((isNode(node) && node.range?.[0]) || 0);
