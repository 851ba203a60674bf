import { BlockList, isIP } from 'node:net';
import { excerpt, fieldOf } from '../model/json.ts';
import type { Finding } from './finding.ts';

/** What follows from the names of the network fields, though no format is described: addresses are addresses. */
export const inspectNetwork = (environment: unknown): readonly Finding[] => {
  const findings: Finding[] = [];
  const expect = (isMet: boolean, expected: string, came: unknown): void => {
    const rule = 'An instance’s addresses are addresses, and lie in their networks.';
    if (!isMet) findings.push({ evidence: 'inferred', rule, expected, came: excerpt(came) });
  };
  const ipv6 = fieldOf(environment, 'ipv6');
  const ipv4 = fieldOf(environment, 'legacy', 'ipv4');
  if (ipv6 !== null && ipv6 !== undefined) expect(isInside(ipv6, 6), 'an IPv6 address inside its cidr', ipv6);
  if (ipv4 !== null && ipv4 !== undefined) expect(isInside(ipv4, 4), 'an IPv4 address inside its cidr', ipv4);
  const mac = fieldOf(environment, 'mac_addr');
  if (typeof mac === 'string') expect(/^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i.test(mac), 'a MAC address', mac);
  return findings;
};

const isInside = (net: unknown, version: 4 | 6): boolean => {
  const ip = fieldOf(net, 'ip');
  const cidr = fieldOf(net, 'cidr');
  if (typeof ip !== 'string' || typeof cidr !== 'string') return true;
  const [base = '', length = ''] = cidr.split('/');
  if (isIP(ip) !== version || isIP(base) !== version || !/^\d{1,3}$/.test(length)) return false;
  if (Number(length) > (version === 4 ? 32 : 128)) return false;
  const network = new BlockList();
  const family = version === 4 ? 'ipv4' : 'ipv6';
  network.addSubnet(base, Number(length), family);
  return network.check(ip, family);
};
