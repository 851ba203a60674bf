const blockBytes = 512;

/** A tar archive of one file, readable and executable for all and writable for none. */
export const tarExecutable = (name: string, content: Uint8Array): Buffer => {
  const header = Buffer.alloc(blockBytes);
  header.write(name, 0);
  header.write('0000555\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('0', 156);
  header.write('ustar\x0000', 257);
  // The checksum is taken with blanks in its own place.
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = Buffer.alloc(-content.length & (blockBytes - 1));
  return Buffer.concat([header, content, padding, Buffer.alloc(2 * blockBytes)]);
};
