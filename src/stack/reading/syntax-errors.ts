import {
  type Document,
  type ErrorCode,
  isCollection,
  isScalar,
  type Node,
  visit,
  type YAMLParseError,
  type YAMLWarning,
} from 'yaml';

type SyntaxError = { readonly text: string; readonly offset: number };

/**
 * What is wrong with a YAML text, in our own words: the parser's messages quote the text, and the text holds secrets.
 * A code without words here is one that the options in use rule out.
 */
const words: Partial<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'an alias can have no anchor or tag',
  BAD_ALIAS: 'an alias or anchor without a usable name: put text that begins with * or & in quotes',
  BAD_COLLECTION_TYPE: 'a tag that does not fit its list or map',
  BAD_DIRECTIVE: 'a directive that cannot be understood: put text that begins with % in quotes',
  BAD_DQ_ESCAPE: 'an escape that double quotes do not know: write \\\\ for a backslash, or use single quotes',
  BAD_INDENT: 'the indentation fits no line above: one of the two is wrong, or a bracket above is not closed',
  BAD_PROP_ORDER: 'an anchor or tag in the wrong place',
  BAD_SCALAR_START: 'text begins with a character that YAML reserves: put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a second "key:" in one line: check the indentation, or put text with a colon in quotes',
  BLOCK_IN_FLOW: 'a list or map without brackets inside brackets: a comma is missing behind it, or its own brackets',
  KEY_OVER_1024_CHARS: 'a key of more than 1024 characters',
  MISSING_CHAR:
    'something is missing here: a closing bracket, a comma, a colon, a dash or a blank; or the indentation is wrong',
  MULTILINE_IMPLICIT_KEY:
    'a key over several lines: a colon is missing, or the blank after a colon or a dash, or the indentation is wrong',
  MULTIPLE_ANCHORS: 'two anchors for one value',
  MULTIPLE_TAGS: 'two tags for one value',
  RESOURCE_EXHAUSTION: 'lists or maps nested too deep',
  TAB_AS_INDENT: 'a tab as indentation: use blanks',
  TAG_RESOLVE_FAILED: 'a tag that is not known: put text that begins with ! in quotes',
  UNEXPECTED_TOKEN:
    'something that YAML does not expect here: check indentation, brackets and quotes; inside brackets, text with any of {}[], needs quotes',
};

/** Behind these the parser reads on as it should. Behind any other it misreads, and what it says there is a consequence. */
const local: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...(['ALIAS_PROPS', 'BAD_ALIAS', 'BAD_DQ_ESCAPE', 'BAD_SCALAR_START'] as const),
  ...(['KEY_OVER_1024_CHARS', 'MULTIPLE_ANCHORS', 'MULTIPLE_TAGS', 'TAG_RESOLVE_FAILED'] as const),
]);

/** What is wrong with a text, in its order, up to the first with consequences. */
export const syntaxErrorsOf = (document: Document, text: string): readonly SyntaxError[] => {
  const all = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0]);
  const index = all.findIndex(({ code }) => !local.has(code));
  const first = all[index];
  if (first === undefined) return all.map(describe);
  // A key over several lines looks like two keys in one at first.
  const truer = all.find(({ code, pos }) => pos[0] === first.pos[0] && code === 'MULTILINE_IMPLICIT_KEY');
  const better =
    describeOpenQuote(document, text, first) ??
    describeOpenBracket(document, first) ??
    describeColumn(document, text, first);
  return [...all.slice(0, index).map(describe), better ?? describe(truer ?? first)];
};

type Complaint = YAMLParseError | YAMLWarning;

const describe = ({ code, pos: [offset] }: Complaint): SyntaxError => ({
  text: `not valid YAML: ${words[code] ?? 'check it here'}`,
  offset,
});

/** With the place where the quote begins: the parser says where it has given up, which may be the end of the file. */
const describeOpenQuote = (
  document: Document,
  text: string,
  { message, pos: [end] }: Complaint,
): SyntaxError | null => {
  const [, quote] = /^Missing closing (["'])/.exec(message) ?? [];
  if (quote === undefined) return null;
  const [begin] = nodesOf(document).filter((node) => isScalar(node) && node.range?.[1] === end);
  const [givenUp = ''] = text.slice(end).trimStart().split('\n', 1);
  // A line with one quote closes what a line before has opened.
  const isClosed = givenUp.split(quote).length === 2;
  return {
    text: isClosed
      ? 'not valid YAML: quoted text goes on in a line that is indented too little: indent that more than the key'
      : 'not valid YAML: a quote that is not closed',
    offset: begin?.range?.[0] ?? end,
  };
};

/** With the place of the bracket: the parser says where the next line is that cannot be in it. */
const describeOpenBracket = (document: Document, { message, pos: [end] }: Complaint): SyntaxError | null => {
  const [, closing] = /^Flow .* end with a ([\]}])$/.exec(message) ?? [];
  if (closing === undefined) return null;
  const open = nodesOf(document).findLast((node) => isCollection(node) && node.flow && node.range?.[1] === end);
  return {
    text: `not valid YAML: a bracket that is not closed: its ${closing} is missing, or a line in it is indented too little`,
    offset: open?.range?.[0] ?? end,
  };
};

/** With the line that it differs from, which may be the wrong one. */
const describeColumn = (
  document: Document,
  text: string,
  { message, pos: [offset] }: Complaint,
): SyntaxError | null => {
  if (!/^All .* must start at the same column$/.test(message)) return null;
  const before = nodesOf(document).find((node) => isCollection(node) && !node.flow && node.range?.[1] === offset);
  if (!before?.range) return null;
  const line = text.slice(0, before.range[0]).split('\n').length;
  const reason = `the indentation fits no line above: that of this line or that of line ${line} is wrong`;
  return { text: `not valid YAML: ${reason}`, offset };
};

const nodesOf = (document: Document): readonly Node[] => {
  const nodes: Node[] = [];
  visit(document, { Node: (_, node) => void nodes.push(node) });
  return nodes;
};
