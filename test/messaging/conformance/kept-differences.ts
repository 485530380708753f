import {
  CLOSED,
  err,
  type KeptDifference,
  msg,
  OK,
  PING,
  PONG,
  pub,
  QUIET,
} from './conversation.ts';

const login = (user: string): string =>
  `CONNECT {"verbose":false,"pedantic":false,"user":"${user}","pass":"${user}"}\r\n`;

/** Where the embedded broker answers otherwise than nats-server 2.9.10, and why. */
export const KEPT_DIFFERENCES: readonly KeptDifference[] = [
  {
    name: 'CR inside a control line',
    reason:
      'nats-server drops the last byte of a line that has a CR anywhere, or every CR when the ' +
      'line came in two chunks. Here only a CR before the LF ends the line, however it is chunked.',
    steps: [['a', `${QUIET}SUB cr\rx 1\n${pub('cr')}${PING}`, msg('cr', 1) + PONG]],
    realAnswers: [msg('cr', 'x') + PONG],
  },
  {
    name: 'LF directly after the blank of a verb',
    reason: 'nats-server goes on reading the arguments in the next line. A line ends at its LF.',
    steps: [['a', `${QUIET}SUB \nfoo 1\r\n${PING}`, CLOSED]],
    realAnswers: [PONG],
  },
  {
    name: 'pedantic error when the payload comes in a later chunk',
    reason: 'nats-server reads the control line a second time, and repeats the error.',
    steps: [
      ['a', 'PUB foo. 2\r\n', err('Invalid Publish Subject')],
      ['a', 'hi\r\n', OK],
    ],
    realAnswers: [err('Invalid Publish Subject').repeat(2), OK],
  },
  {
    name: 'protocol number written 1.0',
    reason: 'JSON has one kind of number; Go refuses to read 1.0 as an integer.',
    steps: [['a', `CONNECT {"verbose":false,"protocol":1.0}\r\n${PING}`, PONG]],
    realAnswers: [CLOSED],
  },
  {
    name: 'subjects that nats-server keeps for its gateways',
    reason: 'There are no gateways here, so _GR_. is a subject like any other.',
    steps: [['a', `${QUIET}SUB _GR_.> 1\r\n${pub('_GR_.x.y')}${PING}`, msg('_GR_.x.y', 1) + PONG]],
    realAnswers: [err('Permissions Violation for Publish to "_GR_.x.y"') + PONG],
  },
  {
    name: 'the queue name that nats-server keeps for itself',
    reason: 'There are no system services here that could be imitated.',
    steps: [['a', 'SUB sysq _sys_ 1\r\n', OK]],
    realAnswers: [err('Permissions Violation for Subscription to "sysq" using queue "_sys_"')],
  },
  {
    name: 'a wildcard subscription that overlaps a deny entry without containing it',
    setup: 'users',
    reason:
      'nats-server 2.9.10 filters only when the deny entry lies within the subscription, so that ' +
      'a denied subject leaks (deny *.hidden, SUB leak.*). Here every denied subject is held back.',
    steps: [
      ['g', `${login('g')}SUB leak.* 1\r\n${PING}`, PONG],
      ['b', `${login('b')}${pub('leak.hidden')}${pub('leak.open')}${PING}`, PONG],
      ['g', '', msg('leak.open', 1)],
    ],
    realAnswers: [PONG, PONG, msg('leak.hidden', 1) + msg('leak.open', 1)],
  },
];
