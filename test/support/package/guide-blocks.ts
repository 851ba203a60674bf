/**
 * What a reader of a guide does with a fenced block, as the words after its language say:
 * `file=<path>` writes it, `run` runs it, `run until=<word>` runs it until a line begins with the word and lets it run
 * on, `output` compares it with what the block before printed. Blocks without these words are only shown.
 */
export type GuideBlock =
  | { readonly type: 'file'; readonly path: string; readonly text: string }
  | { readonly type: 'run'; readonly script: string }
  | { readonly type: 'background'; readonly script: string; readonly readyWord: string }
  | { readonly type: 'output'; readonly text: string };

export const parseGuide = (markdown: string): readonly GuideBlock[] =>
  [...markdown.matchAll(/^```\w+ ([^\n]+)\n(.*?)^```$/gms)].map(([, words = '', text = '']) =>
    toBlock(words.split(' '), text),
  );

const toBlock = (words: readonly string[], text: string): GuideBlock => {
  const wordAfter = (name: string): string | undefined =>
    words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
  const [path, readyWord] = [wordAfter('file'), wordAfter('until')];
  if (path !== undefined) return { type: 'file', path, text };
  if (readyWord !== undefined) return { type: 'background', script: text, readyWord };
  if (words.includes('run')) return { type: 'run', script: text };
  if (words.includes('output')) return { type: 'output', text };
  throw new Error(`A guide's block has words that mean nothing: ${words.join(' ')}`);
};

/** Each line as it is, but `…` stands for anything; lines between and around them may be left out. */
export const toOutputPattern = (text: string): RegExp =>
  new RegExp(
    text
      .trim()
      .split('\n')
      .map((line) => line.split('…').map(escapeForPattern).join('[^\\n]*'))
      .join('.*'),
    's',
  );

const escapeForPattern = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
