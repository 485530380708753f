import {
  CLOSED,
  type Conversation,
  closes,
  err,
  HEADERS,
  msg,
  NO_ECHO,
  OK,
  PING,
  PONG,
  pub,
  QUIET,
  quietly,
} from './conversation.ts';
import { QUEUE_GROUPS } from './group-conversations.ts';

const BLOCK = 'NATS/1.0\r\n\r\n';
const BLOCK_X = 'NATS/1.0\r\nX: y\r\n\r\n';
const BAD_PUBLISH = err('Invalid Publish Subject');
const BAD_SUBJECT = err('Invalid Subject');

/** cfv1.md §10.4: PUB and HPUB. */
const PUBLISH: readonly Conversation[] = [
  {
    name: 'verbose PUB is confirmed before it is delivered',
    steps: [['a', `SUB foo 1\r\n${pub('foo', 'hi')}`, OK + OK + msg('foo', 1, 'hi')]],
  },
  quietly(
    'PUB with reply',
    `SUB foo 1\r\n${pub('foo', 'hi', 'rep.x')}`,
    msg('foo', 1, 'hi', 'rep.x'),
  ),
  quietly('PUB of nothing', `SUB foo 1\r\n${pub('foo')}`, msg('foo', 1)),
  quietly(
    'size with zeros in front',
    'SUB foo 1\r\nPUB foo 002\r\nhi\r\n',
    'MSG foo 1 002\r\nhi\r\n',
  ),
  closes('PUB without size', 'PUB foo\r\n'),
  closes('PUB with blank only', 'PUB \r\n'),
  closes('PUB size is not a number', 'PUB foo x\r\n'),
  closes('PUB size is negative', 'PUB foo -1\r\n'),
  closes('PUB size with plus', 'PUB foo +2\r\nhi\r\n'),
  closes('PUB size of twenty digits', 'PUB foo 99999999999999999999\r\n'),
  closes('PUB with four arguments', 'PUB foo a b 2\r\nhi\r\n'),
  closes('PUB above the payload limit', 'PUB foo 1048577\r\n', err('Maximum Payload Violation')),
  closes(
    'HPUB above the payload limit',
    'HPUB foo 12 1048577\r\n',
    err('Maximum Payload Violation'),
  ),
  quietly('PUB at the payload limit', pub('foo', 'x'.repeat(1_048_576)), ''),
  {
    name: 'pedantic PUB to a wildcard, an empty token, a dot',
    steps: [
      [
        'a',
        `CONNECT {"verbose":false}\r\n${pub('foo.*')}${pub('a..b')}${pub('.')}`,
        BAD_PUBLISH.repeat(3),
      ],
    ],
  },
  {
    name: 'verbose and pedantic PUB to a wildcard is still confirmed',
    steps: [['a', pub('foo.>'), BAD_PUBLISH + OK]],
  },
  quietly(
    'published wildcards are plain text',
    `SUB foo.> 2\r\nSUB foo.* 1\r\nSUB foo.bar 3\r\n${pub('foo.*')}${pub('foo.>')}${pub('>')}`,
    msg('foo.*', 2) + msg('foo.*', 1) + msg('foo.>', 2) + msg('foo.>', 1),
  ),
  quietly(
    'a published empty token reaches nobody',
    `SUB > 1\r\n${pub('foo.')}${pub('.foo')}${pub('a..b')}${pub('.')}`,
    '',
  ),
  quietly(
    'a reply with wildcard is passed on',
    `SUB foo 1\r\n${pub('foo', '', 'a.*')}`,
    msg('foo', 1, '', 'a.*'),
  ),
  {
    name: 'HPUB and HMSG',
    steps: [
      [
        'a',
        `${HEADERS}SUB foo 1\r\nHPUB foo 12 14\r\n${BLOCK}hi\r\n`,
        `HMSG foo 1 12 14\r\n${BLOCK}hi\r\n`,
      ],
    ],
  },
  {
    name: 'HPUB with reply',
    steps: [
      [
        'a',
        `${HEADERS}SUB foo 1\r\nHPUB foo re.ply 18 18\r\n${BLOCK_X}\r\n`,
        `HMSG foo 1 re.ply 18 18\r\n${BLOCK_X}\r\n`,
      ],
    ],
  },
  {
    name: 'HPUB in chunks',
    steps: [
      [
        'a',
        [`${HEADERS}SUB foo 1\r\nHPUB foo 12 1`, '4\r', '\nNATS/1.', '0\r\n\r\nh', 'i\r\n'],
        `HMSG foo 1 12 14\r\n${BLOCK}hi\r\n`,
      ],
    ],
  },
  {
    name: 'HPUB sizes with zeros in front',
    steps: [
      [
        'a',
        `${HEADERS}SUB foo 1\r\nHPUB foo 012 0014\r\n${BLOCK}hi\r\n`,
        `HMSG foo 1 012 0014\r\n${BLOCK}hi\r\n`,
      ],
    ],
  },
  {
    name: 'HPUB with a block that is none',
    steps: [
      ['a', `${HEADERS}SUB foo 1\r\nHPUB foo 4 6\r\nabcdhi\r\n`, 'HMSG foo 1 4 6\r\nabcdhi\r\n'],
    ],
  },
  {
    name: 'HPUB with an empty block is a plain message',
    steps: [['a', `${HEADERS}SUB foo 1\r\nHPUB foo 0 2\r\nhi\r\n`, msg('foo', 1, 'hi')]],
  },
  {
    name: 'headers are cut off for a client without them',
    steps: [
      ['b', `${QUIET}SUB cut.off 1\r\n${PING}`, PONG],
      ['a', `${HEADERS}HPUB cut.off rep 12 14\r\n${BLOCK}hi\r\n${PING}`, PONG],
      ['b', '', msg('cut.off', 1, 'hi', 'rep')],
    ],
  },
  {
    name: 'HPUB of a client that did not announce headers',
    steps: [['a', `${QUIET}HPUB foo 12 12\r\n${BLOCK}\r\n`, CLOSED]],
  },
  closes('HPUB header longer than all', `HPUB foo 13 12\r\n${BLOCK}\r\n`),
  closes('HPUB with two arguments', 'HPUB foo 12\r\n'),
  closes('HPUB with five arguments', 'HPUB foo a b 12 12\r\n'),
  closes('HPUB header size is not a number', 'HPUB foo x 12\r\n'),
];

/** cfv1.md §10.4: SUB, UNSUB and what is delivered. */
const SUBSCRIBE: readonly Conversation[] = [
  closes('SUB without sid', 'SUB foo\r\n'),
  closes('SUB with four arguments', 'SUB a b c d\r\n'),
  {
    name: 'SUB to subjects with empty tokens',
    steps: [['a', 'SUB foo. 1\r\nSUB .foo 1\r\nSUB a..b 1\r\nSUB . 1\r\n', BAD_SUBJECT.repeat(4)]],
  },
  {
    name: 'SUB with > not at the end',
    steps: [['a', 'SUB foo.>.b 1\r\nSUB >.foo 2\r\nSUB foo.>. 3\r\n', BAD_SUBJECT.repeat(3)]],
  },
  quietly(
    'the sid of a refused SUB is free',
    `SUB foo. 1\r\nSUB foo 1\r\n${pub('foo')}`,
    BAD_SUBJECT + msg('foo', 1),
  ),
  quietly(
    'a wildcard character inside a token is text',
    `SUB foo* 1\r\nSUB foo.b*r 2\r\nSUB foo.>x 4\r\n${[
      'foo*',
      'fooo',
      'foo.b*r',
      'foo.bar',
      'foo.>x',
    ]
      .map((subject) => pub(subject))
      .join('')}`,
    msg('foo*', 1) + msg('foo.b*r', 2) + msg('foo.>x', 4),
  ),
  {
    name: 'a sid in use is ignored and confirmed',
    steps: [
      [
        'a',
        `SUB foo 1\r\nSUB bar 1\r\n${pub('foo')}${pub('bar')}`,
        OK + OK + OK + msg('foo', 1) + OK,
      ],
    ],
  },
  quietly('a sid may be any text', `SUB foo a-b:c\r\n${pub('foo')}`, msg('foo', 'a-b:c')),
  quietly(
    'all matching subscriptions of one client',
    `SUB > 3\r\nSUB foo 1\r\nSUB * 2\r\n${pub('foo')}`,
    msg('foo', 3) + msg('foo', 1) + msg('foo', 2),
  ),
  {
    name: 'the same subject twice',
    anyOrder: true,
    steps: [
      [
        'a',
        `${QUIET}SUB foo 1\r\nSUB foo 2\r\n${pub('foo')}${PING}`,
        msg('foo', 1) + msg('foo', 2) + PONG,
      ],
    ],
  },
  quietly(
    '* is one token',
    `SUB foo.*.bar 1\r\n${pub('foo.x.bar')}${pub('foo.bar')}${pub('foo.x.y.bar')}`,
    msg('foo.x.bar', 1),
  ),
  quietly(
    '> is one token or more',
    `SUB foo.> 1\r\n${pub('foo')}${pub('foo.a')}${pub('foo.a.b')}`,
    msg('foo.a', 1) + msg('foo.a.b', 1),
  ),
  quietly('letter case counts', `SUB Foo 1\r\n${pub('foo')}${pub('Foo')}`, msg('Foo', 1)),
  {
    name: 'own messages are left out without echo',
    steps: [
      ['b', `${QUIET}SUB no.echo 7\r\n${PING}`, PONG],
      ['a', `${NO_ECHO}SUB no.echo 1\r\n${pub('no.echo')}${PING}`, PONG],
      ['b', pub('no.echo') + PING, msg('no.echo', 7).repeat(2) + PONG],
      ['a', '', msg('no.echo', 1)],
    ],
  },
  { name: 'UNSUB of an unknown sid is confirmed', steps: [['a', 'UNSUB 1\r\n', OK]] },
  { name: 'UNSUB with junk as number is confirmed', steps: [['a', 'UNSUB 1 x\r\n', OK]] },
  closes('UNSUB with three arguments', 'UNSUB 1 2 3\r\n'),
  closes('UNSUB with blank only', 'UNSUB \r\n'),
  quietly('UNSUB ends the subscription', `SUB foo 1\r\nUNSUB 1\r\n${pub('foo')}`, ''),
  quietly(
    'UNSUB max counts since the SUB',
    `SUB foo 1\r\n${pub('foo').repeat(2)}UNSUB 1 3\r\n${pub('foo').repeat(2)}`,
    msg('foo', 1).repeat(3),
  ),
  quietly(
    'UNSUB max that was reached ends at once',
    `SUB foo 1\r\n${pub('foo').repeat(2)}UNSUB 1 2\r\n${pub('foo')}`,
    msg('foo', 1).repeat(2),
  ),
  quietly(
    'a later UNSUB max replaces the earlier',
    `SUB foo 1\r\nUNSUB 1 5\r\nUNSUB 1 1\r\n${pub('foo').repeat(2)}`,
    msg('foo', 1),
  ),
  quietly('UNSUB after UNSUB max', `SUB foo 1\r\nUNSUB 1 5\r\nUNSUB 1\r\n${pub('foo')}`, ''),
  quietly(
    'UNSUB max of twenty digits ends at once',
    `SUB foo 1\r\nUNSUB 1 99999999999999999999\r\n${pub('foo')}`,
    '',
  ),
  quietly('UNSUB 0 ends at once', `SUB foo 1\r\nUNSUB 1 0\r\n${pub('foo')}`, ''),
  quietly(
    'a sid is free after its max',
    `SUB foo 1\r\nUNSUB 1 1\r\n${pub('foo')}SUB foo 1\r\n${pub('foo')}`,
    msg('foo', 1).repeat(2),
  ),
  {
    name: 'subscriptions end with the connection',
    steps: [
      ['b', `${QUIET}SUB gone 1\r\n${PING}`, PONG],
      ['b', 'X', err('Unknown Protocol Operation') + CLOSED],
      ['a', `${QUIET}${pub('gone')}${PING}`, PONG],
    ],
  },
];

export const OPERATIONS: readonly Conversation[] = [...PUBLISH, ...SUBSCRIBE, ...QUEUE_GROUPS];
