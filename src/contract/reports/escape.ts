/** Characters that XML 1.0 has no place for, not even escaped; a target may send any. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to take out
const unprintable =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const names: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text for XML and HTML, inside elements and inside attributes. */
export const escapeMarkup = (text: string): string =>
  text.replaceAll(unprintable, '\ufffd').replaceAll(/[&<>"']/g, (character) => names[character] ?? character);

/** Text for a cell of a Markdown table, on one line. */
export const escapeCell = (text: string): string =>
  text
    .replaceAll('\\', '\\\\')
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;')
    .replaceAll(/\s*\n\s*/g, ' ');
