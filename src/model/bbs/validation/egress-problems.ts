/** What is wrong with a rule of outgoing traffic (diego.md §5.2 "Security rules"). */
import type { SecurityGroupRule } from '../messages/common.ts';
import { invalidField, invalidWhen, NONE, type Problems } from './field-problems.ts';
import { ipAddressOf, isCidr } from './ip-address.ts';

const INVALID_IP = 'Invalid IP';

function destinationProblems(destination: string): Problems {
  const separator = /[-/]/.exec(destination);
  if (separator === null) return ipAddressOf(destination) === undefined ? [INVALID_IP] : NONE;
  if (separator[0] === '/') {
    return isCidr(destination) ? NONE : [`invalid CIDR address: ${destination}`];
  }
  const first = ipAddressOf(destination.slice(0, separator.index));
  const last = ipAddressOf(destination.slice(separator.index + 1));
  return first === undefined || last === undefined || first > last ? [INVALID_IP] : NONE;
}

function allDestinationProblems({ destinations }: SecurityGroupRule): Problems {
  const texts =
    destinations.length === 0
      ? ['Must have at least 1 destination']
      : // Several in one entry are taken, as today's builds do on demand.
        destinations.flatMap((entry) =>
          entry.split(',').flatMap((own) => destinationProblems(own)),
        );
  return texts.length === 0 ? NONE : [invalidField(`destinations [ ${texts.join(', ')} ]`)];
}

function portProblems({ ports, port_range: range }: SecurityGroupRule): Problems {
  if (ports.length > 0 && range !== undefined) {
    return ['Invalid: ports and port_range provided'];
  }
  if (range === undefined) {
    if (ports.length === 0) return ['Missing required field: ports or port_range'];
    return ports.flatMap((port) => invalidWhen(port < 1, 'ports'));
  }
  return [
    ...invalidWhen(range.start < 1, 'port_range'),
    ...invalidWhen(range.end < 1, 'port_range'),
    ...invalidWhen(range.start > range.end, 'port_range'),
  ];
}

const noPortProblems = ({ ports, port_range }: SecurityGroupRule): Problems => [
  ...invalidWhen(port_range !== undefined, 'port_range'),
  ...invalidWhen(ports.length > 0, 'ports'),
];

const noIcmpProblems = ({ icmp_info }: SecurityGroupRule): Problems =>
  invalidWhen(icmp_info !== undefined, 'icmp_info');

function protocolProblems(rule: SecurityGroupRule): Problems {
  switch (rule.protocol) {
    case 'tcp':
    case 'udp':
      return [...portProblems(rule), ...noIcmpProblems(rule)];
    case 'icmp':
    case 'icmpv6':
      return [...noPortProblems(rule), ...invalidWhen(rule.icmp_info === undefined, 'icmp_info')];
    case 'all':
      return [...noPortProblems(rule), ...noIcmpProblems(rule)];
    default:
      return [invalidField('protocol')];
  }
}

export const egressProblems = (rule: SecurityGroupRule): Problems => [
  ...protocolProblems(rule),
  ...allDestinationProblems(rule),
];
