/** Characters that XML 1.0 has no place for, not even escaped; a target may send any. */
const unprintable = /[^\P{Cc}\t\n\r]|[\ufffe\uffff]/gu;

const names: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text for XML and HTML, inside elements and inside attributes. */
export const escapeMarkup = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(unprintable, '\ufffd')
    .replaceAll(/[&<>"']/g, (character) => names[character] ?? character);

/** Text for a cell of a Markdown table, on one line. */
export const escapeCell = (text: string): string =>
  text
    .replaceAll('\\', '\\\\')
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;')
    .replaceAll(/\s*\n\s*/g, ' ');
