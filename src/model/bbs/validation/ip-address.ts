/** Reads IP addresses as Go's net.ParseIP does: no zones, no leading zeros. */

const OCTET = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = new RegExp(`^${OCTET}\\.${OCTET}\\.${OCTET}\\.${OCTET}$`);
const GROUP = /^[0-9a-fA-F]{1,4}$/;
const IPV4_PREFIX = 0xffff_0000_0000n;
const GROUPS = 8;

function ipv4Of(text: string): bigint | undefined {
  const octets = IPV4.exec(text)?.slice(1);
  return octets?.reduce((sum, octet) => sum * 256n + BigInt(octet), 0n);
}

/** The groups of one side of `::`; an IPv4 address at the end counts for two. */
function groupsOf(text: string, mayEndInIpv4: boolean): readonly bigint[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: bigint[] = [];
  for (const [index, part] of parts.entries()) {
    if (GROUP.test(part)) {
      groups.push(BigInt(`0x${part}`));
      continue;
    }
    const last = mayEndInIpv4 && index === parts.length - 1 ? ipv4Of(part) : undefined;
    if (last === undefined) return undefined;
    groups.push(last >> 16n, last & 0xffffn);
  }
  return groups;
}

function ipv6Of(text: string): bigint | undefined {
  const sides = text.split('::');
  if (sides.length > 2) return undefined;
  const [first = '', second] = sides;
  if (second === undefined && first === '') return undefined;
  const head = groupsOf(first, second === undefined);
  const tail = groupsOf(second ?? '', true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = GROUPS - head.length - tail.length;
  if (second === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...new Array<bigint>(missing).fill(0n), ...tail];
  return groups.reduce((sum, group) => (sum << 16n) | group, 0n);
}

/** As a number of 128 bits, IPv4 addresses in their IPv6 form; undefined: not an address. */
export function ipAddressOf(text: string): bigint | undefined {
  const ipv4 = ipv4Of(text);
  return ipv4 === undefined ? ipv6Of(text) : IPV4_PREFIX | ipv4;
}

const PREFIX_LENGTH = /^\d{1,3}$/;

/** Whether it is an address, a slash and the length of a prefix, as for net.ParseCIDR. */
export function isCidr(text: string): boolean {
  const slash = text.indexOf('/');
  const address = text.slice(0, slash);
  const length = text.slice(slash + 1);
  if (slash < 0 || !PREFIX_LENGTH.test(length) || ipAddressOf(address) === undefined) return false;
  return Number(length) <= (address.includes(':') ? 128 : 32);
}
