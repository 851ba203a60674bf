import { parseAddressBlock } from '../shared/addresses.ts';
import type { AccessKey } from './model.ts';
import { type Cursor, child, hide, isAbsent, reject, show } from './reading/cursor.ts';
import { listOf, type OtherFields, type Parsed, readObject, required, text } from './reading/readers.ts';

/** Documented: whether the platform runs the service, twice for safety, and keeps it up to date. */
const serviceFields: OtherFields = {
  harmless: { enable: 'boolean', auto_update: 'boolean' },
  unsupported: { high_availability: 'boolean' },
};

/** Reads `services.scheduler`: of it the emulator honours the keys that may call the API. Older stacks have no `service`. */
export const readScheduler = (at: Cursor): readonly AccessKey[] =>
  readObject(at, serviceFields, (field) => {
    readObject(field('service'), serviceFields, () => {});
    return readObject(field('config'), { unsupported: { public: 'boolean' } }, (inner) =>
      readKeys(inner('access_keys')),
    );
  }) ?? [];

/** To be called where a stack has functions. */
export const reportDisabledScheduler = (at: Cursor): void => {
  for (const enable of [child(child(at, 'service'), 'enable'), child(at, 'enable')]) {
    if (enable.value === false) reject(enable, 'true: without the scheduler no function can be claimed');
  }
};

const readKeys = (at: Cursor): readonly AccessKey[] => {
  const none = isAbsent(at) || (Array.isArray(at.value) && at.value.length === 0);
  if (none) at.report.warn(at.path, 'none given, so the API refuses every call: add a key with name and secret');
  const names = new Set<string>();
  const secrets = new Set<string>();
  return listOf((item) =>
    readObject(item, {}, (field): AccessKey => {
      const name = required(text(parseName), 'a name')(show(field('name'))) ?? '';
      const secret = required(text(parseSecret), 'a secret')(field('secret')) ?? '';
      if (name !== '' && names.has(name)) reject(show(field('name')), 'a name that no other key has');
      // Two keys with one secret could not be distinguished, and only one of them may come from an address.
      if (secret !== '' && secrets.has(secret)) reject(field('secret'), 'a secret that no other key has');
      names.add(name);
      secrets.add(secret);
      return { name, secret, ips: listOf(text(parseAddresses))(show(field('ips'))) };
    }),
  )(hide(at));
};

const parseName = (name: string): Parsed<string> =>
  name.trim() === '' ? { ok: false, expected: 'a name' } : { ok: true, value: name };

/** What can travel in an HTTP header unchanged. */
const headerValue = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/;

const parseSecret = (secret: string): Parsed<string> =>
  headerValue.test(secret)
    ? { ok: true, value: secret }
    : { ok: false, expected: 'a secret of printable ASCII characters, no blank at its ends' };

const parseAddresses = (given: string): Parsed<string> =>
  parseAddressBlock(given) === null
    ? { ok: false, expected: 'an IP address or a CIDR block, such as 10.0.0.0/8 or fd00::/8' }
    : { ok: true, value: given };
