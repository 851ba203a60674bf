/** What the launcher waits for, laid out as gate.c says: the variables that it lays over its own. */
export const encodeBlock = (environment: Readonly<Record<string, string>>): Buffer => {
  const entries = Buffer.from(
    Object.entries(environment)
      .map(([name, value]) => `${name}=${value}\0`)
      .join(''),
  );
  const header = Buffer.from('GATE\0\0\0\0');
  header.writeUInt32LE(entries.length, 4);
  return Buffer.concat([header, entries]);
};
