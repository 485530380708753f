import {
  CLOSED,
  type Conversation,
  err,
  msg,
  OK,
  PING,
  PONG,
  pub,
  QUIET,
  type Step,
} from './conversation.ts';

function login(user: string, more = ''): string {
  return `CONNECT {"verbose":false,"pedantic":false,"user":"${user}","pass":"${user}"${more}}\r\n`;
}

function users(name: string, ...steps: Step[]): Conversation {
  return { name: `users: ${name}`, setup: 'users', steps };
}

function noPublish(subject: string): string {
  return err(`Permissions Violation for Publish to "${subject}"`);
}

function noSubscribe(subject: string, queue = ''): string {
  const suffix = queue === '' ? '' : ` using queue "${queue}"`;
  return err(`Permissions Violation for Subscription to "${subject}"${suffix}`);
}

/** cfv1.md §10.9: permissions. */
const PERMISSIONS: readonly Conversation[] = [
  users('unknown user', [
    'a',
    'CONNECT {"user":"z","pass":"z"}\r\n',
    err('Authorization Violation') + CLOSED,
  ]),
  users(
    'publish allowed and denied',
    ['b', `${login('b')}SUB > 1\r\n${PING}`, PONG],
    [
      'a',
      `${login('a')}${['foo.x', 'foo.secret', 'nope', 'foo.*'].map((s) => pub(s)).join('')}${PING}`,
      noPublish('foo.secret') + noPublish('nope') + PONG,
    ],
    ['b', '', msg('foo.x', 1) + msg('foo.*', 1)],
  ),
  users(
    'a reply subject needs no permission',
    ['b', `${login('b')}SUB req 1\r\n${PING}`, PONG],
    ['a', `${login('a')}${pub('req', '', 'nope.reply')}${PING}`, PONG],
    ['b', '', msg('req', 1, '', 'nope.reply')],
  ),
  users('denied operations of a verbose and pedantic client', [
    'a',
    `CONNECT {"user":"a","pass":"a"}\r\n${pub('nope')}` +
      `SUB nope 1\r\nSUB nope q 1\r\n${pub('.nope')}`,
    OK +
      noPublish('nope') +
      noSubscribe('nope') +
      noSubscribe('nope', 'q') +
      err('Invalid Publish Subject') +
      noPublish('.nope'),
  ]),
  users('subscribe allowed and denied', [
    'a',
    `${login('a')}${['bar.x', 'bar.secret', 'bar.*', '>', '*', 'bar', 'bar.>']
      .map((s, i) => `SUB ${s} ${i}\r\n`)
      .join('')}SUB bar.secret q 8\r\n`,
    noSubscribe('bar.secret') +
      noSubscribe('>') +
      noSubscribe('*') +
      noSubscribe('bar') +
      noSubscribe('bar.secret', 'q'),
  ]),
  users(
    'a wildcard subscription does not show denied subjects',
    ['a', `${login('a')}SUB bar.> 4\r\n${PING}`, PONG],
    ['b', `${login('b')}${pub('bar.x')}${pub('bar.secret')}${pub('bar.y')}${PING}`, PONG],
    ['a', '', msg('bar.x', 4) + msg('bar.y', 4)],
  ),
  users(
    'a denied member of a queue group is passed over',
    ['d', `${login('d')}SUB > q 1\r\n${PING}`, PONG],
    [
      'b',
      `${login('b')}SUB > q 2\r\n${pub('no.y').repeat(6)}${PING}`,
      msg('no.y', 2).repeat(6) + PONG,
    ],
  ),
  users('subscribe entries with a queue', [
    'c',
    `${login('c')}SUB x 1\r\nSUB x q 2\r\nSUB q 3\r\nSUB q w1 4\r\nSUB q w2 5\r\n${PING}`,
    noSubscribe('q') + noSubscribe('q', 'w2') + PONG,
  ]),
  users('a wildcard is not within a narrower one', [
    'c',
    `${login('c')}SUB *.z 6\r\nSUB a.z 7\r\nSUB *.* 8\r\nSUB > 9\r\n${PING}`,
    noSubscribe('*.*') + noSubscribe('>') + PONG,
  ]),
  users('only a deny list', [
    'd',
    `${login('d')}SUB no.x 1\r\nSUB no.* 2\r\nSUB no.> 3\r\nSUB no 4\r\n` +
      `${pub('no.x')}${pub('no')}${PING}`,
    noSubscribe('no.x') +
      noSubscribe('no.*') +
      noSubscribe('no.>') +
      noPublish('no.x') +
      msg('no', 4) +
      PONG,
  ]),
  users('a denied queue leaves the others', [
    'd',
    `${login('d')}SUB foo q 6\r\nSUB foo 7\r\nSUB foo r 8\r\n${PING}`,
    noSubscribe('foo', 'q') + PONG,
  ]),
  users('a queue entry with wildcard', [
    'f',
    `${login('f')}SUB foo 4\r\nSUB foo q 6\r\nSUB foo q.x 7\r\nSUB foo q.* 8\r\n${PING}`,
    noSubscribe('foo') + noSubscribe('foo', 'q') + PONG,
  ]),
  users('permission is asked before validity', [
    'a',
    `${login('a')}SUB bar. 1\r\nSUB bar..x 2\r\nSUB zoo. 3\r\n${PING}`,
    noSubscribe('bar.') + noSubscribe('bar..x') + noSubscribe('zoo.') + PONG,
  ]),
  users('a second CONNECT as another user', [
    'a',
    `${login('a')}SUB bar.x 1\r\n${login('b')}${pub('bar.x')}${pub('nope')}${PING}`,
    msg('bar.x', 1) + PONG,
  ]),
  users('no responders is not told of a denied publish', [
    'a',
    `${login('a', ',"headers":true,"no_responders":true')}SUB _INBOX.> 1\r\n` +
      `${pub('nope', '', '_INBOX.x')}${pub('foo.nobody', '', '_INBOX.x')}${PING}`,
    `${noPublish('nope')}HMSG _INBOX.x 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n${PONG}`,
  ]),
];

/** cfv1.md §10.7: limits. */
export const LIMITS: readonly Conversation[] = [
  ...PERMISSIONS,
  {
    name: 'limits: subscriptions',
    setup: 'limits',
    steps: [
      ['a', 'CONNECT {"pedantic":false}\r\nSUB a 1\r\nSUB b 2\r\n', OK.repeat(3)],
      ['a', 'SUB c 3\r\nSUB b 2\r\n', err('maximum subscriptions exceeded').repeat(2)],
      ['a', 'UNSUB 1\r\nSUB c 3\r\n', OK.repeat(2)],
    ],
  },
  {
    name: 'limits: payload at the limit',
    setup: 'limits',
    steps: [['a', `${QUIET}SUB p 1\r\n${pub('p', '12345678')}`, msg('p', 1, '12345678')]],
  },
  {
    name: 'limits: payload above the limit',
    setup: 'limits',
    steps: [['a', 'PUB p 9\r\n', err('Maximum Payload Violation') + CLOSED]],
  },
  {
    name: 'limits: messages before the violation are delivered',
    setup: 'limits',
    steps: [
      ['b', `${QUIET}SUB before 1\r\n${PING}`, PONG],
      ['a', `${QUIET}${pub('before', 'x')}PUB p 9\r\n`, err('Maximum Payload Violation') + CLOSED],
      ['b', '', msg('before', 1, 'x')],
    ],
  },
  {
    name: 'limits: control line at the limit',
    setup: 'limits',
    steps: [['a', `SUB ${'a'.repeat(62)} 1\r\n`, OK]],
  },
  {
    name: 'limits: control line above the limit',
    setup: 'limits',
    steps: [['a', `SUB ${'a'.repeat(63)} 1\r\n`, err('maximum control line exceeded') + CLOSED]],
  },
  {
    name: 'limits: CONNECT above the control line',
    setup: 'limits',
    steps: [
      [
        'a',
        `CONNECT {"name":"${'a'.repeat(100)}"}\r\n`,
        err('maximum control line exceeded') + CLOSED,
      ],
    ],
  },
  {
    name: 'limits: connections',
    setup: 'oneConnection',
    steps: [
      ['a', PING, PONG],
      ['b', '', err('maximum connections exceeded') + CLOSED],
      ['a', PING, PONG],
    ],
  },
  {
    name: 'stale connection',
    setup: 'impatient',
    steps: [['a', QUIET, PING + PING + err('Stale Connection') + CLOSED]],
  },
  {
    name: 'stale connection that never said CONNECT',
    setup: 'impatient',
    steps: [['a', '', PING + PING + err('Stale Connection') + CLOSED]],
  },
];
