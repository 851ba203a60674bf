import { hash, timingSafeEqual } from 'node:crypto';
import { BlockList } from 'node:net';
import type { Request, RequestHandler } from 'express';
import { isLoopback, parseAddressBlock, toIpv6 } from '../shared/addresses.ts';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
import type { AccessKey } from '../shared/types.ts';
import { type ApiResponse, type ErrorAnswer, errorAnswer, type Question, sendRefusal } from './answers.ts';

/**
 * Whether a socket's address is among the given addresses and CIDR blocks; an empty list admits every address.
 * Everything is compared as IPv6, so IPv4 and IPv4-mapped forms are the same on both sides, and `::/0` admits all.
 */
export const createAddressFilter = (
  entries: readonly string[],
  keyName: string,
): ((remoteAddress: string | undefined) => boolean) => {
  if (entries.length === 0) return () => true;
  const allowed = new BlockList();
  for (const entry of entries) {
    const block = parseAddressBlock(entry.trim());
    if (block !== null) allowed.addSubnet(block.address, block.bits, 'ipv6');
    else
      throw new EmulatorError(
        errorCodes.badOption,
        `Failed to read access key "${keyName}": "${entry}" is neither an IP address nor a CIDR block. Write it like "10.0.0.7", "10.0.0.0/8" or "fd00::/8".`,
      );
  }
  return (remoteAddress = '') => {
    const address = toIpv6(remoteAddress);
    return address !== null && allowed.check(address, 'ipv6');
  };
};

type Refusal = Extract<Question, `access/${string}`>;

// PARITY: nothing public says which code stands for which; the official client's own mock answers 403 for a wrong key.
const refusals: { readonly [Name in Refusal]: ErrorAnswer } = {
  'access/missing-key': errorAnswer('401.auth-invalid', 'Invalid access key', {
    detail: "The request carries no access key. Send one of the scheduler's keys in the header X-CYCLE-ACCESS-KEY.",
  }),
  'access/wrong-key': errorAnswer('401.auth-invalid', 'Invalid access key', {
    detail: 'The scheduler has no such access key. Send one of the keys in its configuration.',
  }),
  'access/wrong-address': errorAnswer('403.invalid-ip', 'Address not allowed', {
    detail: "The access key may not be used from this address. Add the address to the key's ips, or use another key.",
  }),
};

/** Of one length, so that comparing them shows nothing of the keys. */
const digestOf = (text: string, encoding: BufferEncoding): Buffer =>
  hash('sha256', Buffer.from(text, encoding), 'buffer');

/**
 * Lets a request pass that carries one of the keys and comes from where that key may be used (documented: the header
 * and that a key is required; our choice: the answers). Without keys no request passes. Comes before all else that
 * looks at the request, so that strangers learn nothing and cost little.
 *
 * The socket's own address counts. X-Forwarded-For is the caller's word, and there is no proxy here to vouch for it.
 */
export const requireAccessKey = (accessKeys: readonly AccessKey[]): RequestHandler => {
  const known = accessKeys
    // An empty secret is no secret.
    .filter(({ secret }) => secret !== '')
    .map(({ name, secret, ips }) => ({ digest: digestOf(secret, 'utf8'), admits: createAddressFilter(ips, name) }));
  const findRefusal = ({ headers, socket }: Request): Refusal | null => {
    const given = headers['x-cycle-access-key'];
    if (typeof given !== 'string' || given === '') return 'access/missing-key';
    // Node hands out header bytes as Latin-1. All keys are compared, because several may share a secret with different
    // addresses.
    const digest = digestOf(given, 'latin1');
    const matching = known.filter((key) => timingSafeEqual(key.digest, digest));
    if (matching.length === 0) return 'access/wrong-key';
    return matching.some((key) => key.admits(socket.remoteAddress)) ? null : 'access/wrong-address';
  };
  return (request, response: ApiResponse, next) => {
    const refusal = findRefusal(request);
    if (refusal === null) next();
    else sendRefusal(response, refusal, refusals[refusal]);
  };
};

/**
 * Without a key all callers may do everything or none anything, so a server for others that has none is a mistake; better
 * said at its start.
 *
 * @param place where a user can add a key
 * @throws EmulatorError `badOption`
 */
export const refuseExposureWithoutKeys = (
  host: string,
  accessKeys: readonly AccessKey[],
  place = 'services.scheduler.config.access_keys',
): void => {
  if (accessKeys.some(({ secret }) => secret !== '') || isLoopback(host)) return;
  throw new EmulatorError(
    errorCodes.badOption,
    `Failed to listen on ${host}: other machines can reach it, and no access key protects it. Give one in ${place}, or listen on 127.0.0.1.`,
  );
};
