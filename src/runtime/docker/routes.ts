import { readFile } from 'node:fs/promises';

/**
 * The second octets of what this machine has routes for in 10.0.0.0/8, from the kernel's table; nothing where there is no
 * such table. A network there would take those routes' traffic. Wider routes, say of all of 10.0.0.0/8, are not counted:
 * the network's own is the more specific one.
 */
export const loadRoutedNumbers = async (): Promise<ReadonlySet<number>> =>
  parseRoutedNumbers(await readFile('/proc/net/route', 'utf8').catch(() => ''));

/** Of the table's columns the second is the destination and the eighth the mask, their bytes in the machine's order. */
export const parseRoutedNumbers = (table: string): ReadonlySet<number> =>
  new Set(
    table
      .split('\n')
      .slice(1)
      .map((line) => line.split('\t'))
      .map(([, destination = '', , , , , , mask = '']) => ({
        destination: toOctets(destination),
        mask: toOctets(mask),
      }))
      .filter(({ destination, mask }) => destination[0] === 10 && mask[0] === 255 && mask[1] === 255)
      .map(({ destination }) => destination[1] ?? 0),
  );

/** All machines that Docker runs on are little-endian, so the first octet comes last. */
const toOctets = (hex: string): readonly number[] => [...Buffer.from(hex, 'hex')].reverse();
