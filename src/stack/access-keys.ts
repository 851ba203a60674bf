import { findKeyFault } from '../shared/access-key.ts';
import { parseAddressBlock } from '../shared/addresses.ts';
import type { AccessKey } from '../shared/types.ts';
import { isRecord } from '../shared/values.ts';
import { loadBalancerField } from './load-balancer.ts';
import type { Cursor } from './reading/cursor.ts';
import {
  field,
  fitting,
  ignored,
  listOf,
  passed,
  type Reader,
  readBy,
  readFields,
  required,
  section,
  shown,
  text,
  type Values,
} from './reading/fields.ts';
import { isOneLine } from './values.ts';

const parseName = fitting(
  (name) => name.trim() !== '' && isOneLine(name),
  'a name without control characters such as line breaks',
);

/** Without other characters than ASCII has, for which clients have several encodings. */
const parseSecret = fitting(
  (secret) => /^[\x20-\x7e]+$/.test(secret) && findKeyFault(secret) === null,
  'a secret of at most 8192 printable ASCII characters, no blank at its ends',
);

const parseAddresses = fitting(
  (given) => parseAddressBlock(given) !== null,
  'an IP address or a CIDR block, such as 10.0.0.0/8 or fd00::/8',
);

const keyFields = {
  name: field('text', shown(required(text(parseName), 'a name')), 'required').about('unlike all others'),
  secret: field('text', required(text(parseSecret), 'a secret'), 'required').about(
    'printable ASCII, unlike all others',
  ),
  ips: field('texts', shown(listOf(text(parseAddresses))), 'from anywhere').about(
    'addresses or CIDR blocks that a call may come from',
  ),
};

/** How the warning of a stack without keys ends. */
export const refusesAll = 'none given, so the API refuses every call: add a key with name and secret';

const readKeys = (at: Cursor): readonly AccessKey[] => {
  const names = new Set<string>();
  const secrets = new Set<string>();
  return listOf((item): AccessKey | null => {
    const { name, secret, ips } = readFields(item, keyFields) ?? {};
    if (name && names.has(name)) item.child('name').show().reject('a name that no other key has');
    // Two keys with one secret could not be distinguished, and only one of them may come from an address.
    if (secret && secrets.has(secret)) item.child('secret').reject('a secret that no other key has');
    names.add(name ?? '');
    secrets.add(secret ?? '');
    return name && secret ? { name, secret, ips: ips ?? [] } : null;
  })(at.hide());
};

const configFields = {
  access_keys: field('objects', readKeys, 'none', keyFields).about(
    'without any key every call is refused, which is a warning',
  ),
  public: ignored('boolean'),
};

const readConfig: Reader<Values<typeof configFields>> = (at) => {
  const keys = at.child('access_keys');
  const none = keys.isAbsent || (Array.isArray(keys.value) && keys.value.length === 0);
  if (none && (at.isAbsent || isRecord(at.value))) keys.warn(refusesAll);
  return readFields(at, configFields);
};

/** Documented: whether the platform runs the service, twice for safety, and keeps it up to date. */
const serviceFields = {
  enable: passed('boolean').about('`false` is a problem where the stack has functions'),
  auto_update: passed('boolean'),
  high_availability: ignored('boolean'),
};

/** `services`: of them the emulator honours the keys that may call the API. Older stacks have no `service`. */
export const servicesFields = {
  scheduler: section({
    ...serviceFields,
    service: section(serviceFields),
    config: readBy(readConfig, configFields),
  }),
  loadbalancer: loadBalancerField,
  vpn: ignored('object'),
  discovery: ignored('object'),
};

/** To be called where a stack has functions. */
export const reportDisabledScheduler = (at: Cursor): void => {
  for (const enable of [at.child('service', 'enable'), at.child('enable')]) {
    if (enable.value === false) enable.reject('true: without the scheduler no function can be claimed');
  }
};
