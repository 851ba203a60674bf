import { type Document, isAlias, isMap, isScalar, isSeq, parseDocument, Scalar } from 'yaml';

/** As for the stack itself. */
const mostAliases = 100;

/**
 * What a variable's value is where it stands alone and without quotes: a number, `true`, `false`, `null`, a list or a map as
 * YAML or JSON have them. All else is text, to its last character: no `#` begins a comment, and lines stay lines.
 */
export const readValue = (text: string): unknown => {
  if (text.trim() === '') return null;
  const document = parse(text);
  if (document === null || isAlias(document.contents)) return text;
  const { contents } = document;
  if (isScalar(contents) && contents.type === Scalar.PLAIN) return contents.source === text ? contents.value : text;
  return contents === null ? text : toValue(document, text);
};

/** Items of a list that is written around the value, where it is not exactly one. */
export const readItems = (text: string): readonly unknown[] | null => {
  const document = parse(`[${text}]`);
  return isSeq(document?.contents) && document.contents.items.length !== 1
    ? (toValue(document, null) as readonly unknown[] | null)
    : null;
};

/** Entries of a map that is written around the value. */
export const readEntries = (text: string): object | null => {
  const document = parse(`{${text}}`);
  const isEntries = isMap(document?.contents) && document.contents.items.every(({ value }) => value !== null);
  return isEntries && document !== null ? (toValue(document, null) as object | null) : null;
};

const parse = (text: string): Document | null => {
  // YAML would read `{{name}}` as maps, and a value is not looked through for variables.
  if (text.includes('{{') && !isJson(text)) return null;
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'silent', merge: true });
  return document.errors.length + document.warnings.length > 0 ? null : document;
};

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

const toValue = <Otherwise>(document: Document, otherwise: Otherwise): unknown => {
  try {
    return document.toJS({ maxAliasCount: mostAliases });
  } catch {
    return otherwise;
  }
};
