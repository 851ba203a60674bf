/** A server reads 16 KiB of headers, and others than the key are among them. */
const mostCharacters = 8_192;

/** What keeps a text from being an access key, which a header carries; null where nothing does. Shows none of it. */
export const findKeyFault = (key: string): string | null => {
  if (/\p{Cc}/u.test(key)) return 'it has a line break or another control character, which no header can carry';
  if (key.trim() !== key) return 'it begins or ends with a blank, which no header can carry';
  return key.length > mostCharacters ? `it is longer than ${mostCharacters} characters` : null;
};

/** A text as a header can carry it: HTTP has bytes there, which Node writes one for each character. */
export const toHeaderText = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
