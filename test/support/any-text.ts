import fc from 'fast-check';

/** Any character there is. fast-check's own unit for that, `binary`, is the same and takes seconds to make. */
export const anyCharacter: fc.Arbitrary<string> = fc
  .integer({ min: 0, max: 0x10ffff })
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCodePoint(code));
