/** A field of a protobuf message: a number, or the bytes of a text, a message or just bytes. */
export type Field = { readonly number: number; readonly value: bigint | Buffer };

/** Reads the fields of a message in their order. Groups and fixed-width numbers, which no message here has, end it. */
export function* readFields(message: Buffer): Generator<Field> {
  let at = 0;
  const readVarint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; at < message.length; shift += 7n) {
      const byte = message[at++] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < message.length) {
    const key = Number(readVarint());
    const [number, wireType] = [key >>> 3, key & 7];
    if (wireType === 0) {
      yield { number, value: readVarint() };
    } else if (wireType === 2) {
      const length = Number(readVarint());
      yield { number, value: message.subarray(at, at + length) };
      at += length;
    } else {
      return;
    }
  }
}

/** A message of these fields, by their numbers. Zero and nothing are left out, as protobuf does. */
export const toMessage = (fields: Readonly<Record<number, bigint | number | string | Buffer>>): Buffer =>
  Buffer.concat(
    Object.entries(fields).flatMap(([number, value]) => {
      if (typeof value === 'bigint' || typeof value === 'number') {
        return value === 0 || value === 0n
          ? []
          : [toVarint(Number(number) << 3), toVarint(BigInt.asUintN(64, BigInt(value)))];
      }
      const bytes = Buffer.from(value);
      return bytes.length === 0 ? [] : [toVarint((Number(number) << 3) | 2), toVarint(bytes.length), bytes];
    }),
  );

const toVarint = (given: bigint | number): Buffer => {
  const bytes: number[] = [];
  let value = BigInt(given);
  for (; value > 0x7fn; value >>= 7n) bytes.push(Number(value & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(value)]);
};
