import type { ErrorCode } from 'yaml';

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
  BAD_INDENT: 'wrong indentation, or a bracket that is not closed',
  BAD_PROP_ORDER: 'an anchor or tag in the wrong place',
  BAD_SCALAR_START: 'text begins with a character that YAML reserves: put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a second "key:" in one line: check the indentation, or put text with a colon in quotes',
  BLOCK_IN_FLOW: 'an indented list or map inside brackets',
  KEY_OVER_1024_CHARS: 'a key of more than 1024 characters',
  MISSING_CHAR: 'something is missing here: a closing quote or bracket, a comma, a colon or a blank',
  MULTILINE_IMPLICIT_KEY: 'a key over several lines: a colon is missing, or the indentation is wrong',
  MULTIPLE_ANCHORS: 'two anchors for one value',
  MULTIPLE_TAGS: 'two tags for one value',
  RESOURCE_EXHAUSTION: 'lists or maps nested too deep',
  TAB_AS_INDENT: 'a tab as indentation: use blanks',
  TAG_RESOLVE_FAILED: 'a tag that is not known: put text that begins with ! in quotes',
  UNEXPECTED_TOKEN: 'something that YAML does not expect here: check brackets, quotes and indentation',
};

export const describeSyntaxError = (code: ErrorCode): string => `not valid YAML: ${words[code] ?? 'check it here'}`;
