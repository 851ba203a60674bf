export const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** A document with each table between its two marks written again. */
export const withTables = (document: string, tables: Readonly<Record<string, string>>): string =>
  Object.entries(tables).reduce((text, [name, table]) => {
    const begin = `<!-- generated: ${name} (npm run generate) -->`;
    const end = `<!-- end of ${name} -->`;
    const from = text.indexOf(begin);
    const to = text.indexOf(end);
    if (from === -1 || to === -1) throw new Error(`the document has no place for ${name}`);
    return `${text.slice(0, from)}${begin}\n\n${table}\n\n${text.slice(to)}`;
  }, document);
