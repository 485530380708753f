import {
  type Conversation,
  HEADERS,
  msg,
  NO_ECHO,
  NO_RESPONDERS,
  noResponders,
  OK,
  PING,
  PONG,
  pub,
  QUIET,
  quietly,
} from './conversation.ts';

const BLOCK = 'NATS/1.0\r\n\r\n';

/** cfv1.md §10.4: queue groups and no responders. */
export const QUEUE_GROUPS: readonly Conversation[] = [
  quietly('a queue group of one', `SUB q1 g 1\r\n${pub('q1')}`, msg('q1', 1)),
  quietly('a queue name may look like a wildcard', `SUB q2 g.* 1\r\n${pub('q2')}`, msg('q2', 1)),
  {
    name: 'each queue and each plain subscription gets one',
    anyOrder: true,
    steps: [
      [
        'a',
        `${QUIET}SUB q3 g 1\r\nSUB q3 h 2\r\nSUB q3 3\r\n${pub('q3')}${PING}`,
        msg('q3', 1) + msg('q3', 2) + msg('q3', 3) + PONG,
      ],
    ],
  },
  {
    name: 'a member that reached its max is passed over',
    anyOrder: true,
    steps: [
      [
        'a',
        `${QUIET}SUB q4 g 1\r\nUNSUB 1 1\r\nSUB q4 g 2\r\nUNSUB 2 1\r\n` +
          `${pub('q4').repeat(3)}${PING}`,
        msg('q4', 1) + msg('q4', 2) + PONG,
      ],
    ],
  },
  {
    name: 'a member without echo is passed over for its own messages',
    steps: [
      ['b', `${QUIET}SUB q5 g 9\r\n${PING}`, PONG],
      ['a', `${NO_ECHO}SUB q5 g 1\r\n${pub('q5').repeat(6)}${PING}`, PONG],
      ['b', '', msg('q5', 9).repeat(6)],
    ],
  },
  {
    name: 'no responders, own subscription on the reply',
    steps: [
      [
        'a',
        `${NO_RESPONDERS}SUB in1.* 1\r\n${pub('nobody.1', 'hi', 'in1.x')}`,
        noResponders('in1.x', 1),
      ],
    ],
  },
  {
    name: 'no responders to HPUB',
    steps: [
      [
        'a',
        `${NO_RESPONDERS}SUB in2.x 1\r\nHPUB nobody.2 in2.x 12 14\r\n${BLOCK}hi\r\n`,
        noResponders('in2.x', 1),
      ],
    ],
  },
  {
    name: 'no responders without subscription on the reply',
    steps: [['a', `${NO_RESPONDERS}${pub('nobody.3', 'hi', 'in3.x')}${PING}`, PONG]],
  },
  {
    name: 'no responders with a queue subscription on the reply',
    steps: [
      ['a', `${NO_RESPONDERS}SUB in4.x g 1\r\n${pub('nobody.4', 'hi', 'in4.x')}${PING}`, PONG],
    ],
  },
  {
    name: 'no responders is sent once',
    steps: [
      [
        'a',
        `${NO_RESPONDERS}SUB in5.> 1\r\nSUB in5.x 2\r\n${pub('nobody.5', 'hi', 'in5.x')}${PING}`,
        noResponders('in5.x', 1) + PONG,
      ],
    ],
  },
  {
    name: 'no responders does not count for UNSUB max',
    steps: [
      [
        'a',
        `${NO_RESPONDERS}SUB in6.x 1\r\nUNSUB 1 1\r\n${pub('nobody.6', '', 'in6.x').repeat(2)}`,
        noResponders('in6.x', 1).repeat(2),
      ],
    ],
  },
  {
    name: 'no responders when only the publisher listens, without echo',
    steps: [
      [
        'a',
        'CONNECT {"verbose":false,"echo":false,"headers":true,"no_responders":true}\r\n' +
          `SUB in7.x 1\r\nSUB self.7 2\r\n${pub('self.7', '', 'in7.x')}`,
        noResponders('in7.x', 1),
      ],
    ],
  },
  {
    name: 'no responders of a verbose client',
    steps: [
      [
        'a',
        'CONNECT {"headers":true,"no_responders":true}\r\n' +
          `SUB in8.x 1\r\n${pub('nobody.8', '', 'in8.x')}`,
        OK + OK + OK + noResponders('in8.x', 1),
      ],
    ],
  },
  {
    name: 'no responders to a publisher that did not ask',
    steps: [['a', `${HEADERS}SUB in9.x 1\r\n${pub('nobody.9', '', 'in9.x')}${PING}`, PONG]],
  },
  {
    name: 'request and reply between two clients',
    steps: [
      ['b', `${QUIET}SUB ask 1\r\n${PING}`, PONG],
      ['a', `${QUIET}SUB in10.> 1\r\nUNSUB 1 1\r\n${pub('ask', 'q', 'in10.x')}${PING}`, PONG],
      ['b', '', msg('ask', 1, 'q', 'in10.x')],
      ['b', pub('in10.x', 'answer') + PING, PONG],
      ['a', '', msg('in10.x', 1, 'answer')],
    ],
  },
];
