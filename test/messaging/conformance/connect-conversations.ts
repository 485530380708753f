import { CLOSED, type Conversation, err, msg, OK, PING, PONG, pub, QUIET } from './conversation.ts';

const VIOLATION = err('Authorization Violation') + CLOSED;

function connects(name: string, json: string, answer: string): Conversation {
  return { name: `CONNECT ${name}`, steps: [['a', `CONNECT ${json}\r\n${PING}`, answer]] };
}

function logsIn(
  setup: 'password' | 'token',
  name: string,
  send: string,
  answer: string,
): Conversation {
  return { name: `${setup}: ${name}`, setup, steps: [['a', send, answer]] };
}

/** cfv1.md §10.3 and the first half of §10.9. */
export const CONNECT: readonly Conversation[] = [
  connects('defaults are verbose', '{}', OK + PONG),
  connects('not verbose', '{"verbose":false}', PONG),
  connects('protocol 1', '{"verbose":false,"protocol":1}', PONG),
  connects('protocol 2', '{"protocol":2}', err('invalid client protocol') + CLOSED),
  connects('protocol -1', '{"protocol":-1}', err('invalid client protocol') + CLOSED),
  connects('protocol as text', '{"protocol":"1"}', CLOSED),
  connects('protocol 1.5', '{"protocol":1.5}', CLOSED),
  connects(
    'no responders without headers',
    '{"no_responders":true}',
    err('no responders requires headers support') + CLOSED,
  ),
  connects('account', '{"account":"x"}', VIOLATION),
  connects('new account', '{"new_account":true}', VIOLATION),
  connects('not JSON', '{x}', CLOSED),
  connects('two values', '{}{}', CLOSED),
  connects('list', '[]', CLOSED),
  connects('text', '"x"', CLOSED),
  connects('null', 'null', OK + PONG),
  connects('empty', '', CLOSED),
  connects('blanks around', ' \t {"verbose":false} ', PONG),
  connects('wrong type of verbose', '{"verbose":1}', CLOSED),
  connects('wrong type of name', '{"name":1}', CLOSED),
  connects('wrong type of user', '{"user":1}', CLOSED),
  connects('keys in upper case', '{"VERBOSE":false}', PONG),
  connects('unknown and repeated keys', '{"zzz":1,"verbose":true,"verbose":false}', PONG),
  connects('names of Object.prototype', '{"constructor":1,"__proto__":2,"verbose":false}', PONG),
  connects('null values', '{"verbose":null,"user":null,"protocol":null}', OK + PONG),
  connects('name that is not UTF-8', '{"name":"\xff\xfe","verbose":false}', PONG),
  connects('login that nobody asked for', '{"verbose":false,"user":"x","pass":"y"}', PONG),
  connects('wish for TLS', '{"verbose":false,"tls_required":true}', PONG),
  {
    name: 'CONNECT without blank',
    steps: [['a', `CONNECT{"verbose":false}\r\n${PING}`, PONG]],
  },
  { name: 'CONNECT without argument', steps: [['a', 'CONNECT\r\n', CLOSED]] },
  {
    name: 'a second CONNECT keeps the subscriptions',
    steps: [
      [
        'a',
        `${QUIET}SUB second.connect 1\r\n${QUIET}${pub('second.connect')}`,
        msg('second.connect', 1),
      ],
    ],
  },
  {
    name: 'a second CONNECT changes only what it names',
    steps: [
      ['a', 'CONNECT {"verbose":false,"echo":false}\r\nSUB merge 1\r\nPING\r\n', PONG],
      ['a', 'CONNECT {"verbose":true}\r\nCONNECT {}\r\n', OK + OK],
      ['a', pub('merge') + PING, OK + PONG],
    ],
  },
  logsIn('password', 'right', 'CONNECT {"user":"u","pass":"p"}\r\nPING\r\n', OK + PONG),
  logsIn('password', 'wrong', 'CONNECT {"user":"u","pass":"x"}\r\n', VIOLATION),
  logsIn('password', 'none', 'CONNECT {}\r\n', VIOLATION),
  logsIn('password', 'token instead', 'CONNECT {"auth_token":"p"}\r\n', VIOLATION),
  logsIn('password', 'PING first', PING, VIOLATION),
  logsIn('password', '+OK first', '+OK\r\n', VIOLATION),
  logsIn('password', 'junk first', 'X', VIOLATION),
  logsIn('password', 'junk after C', 'CX', err('Unknown Protocol Operation') + CLOSED),
  logsIn('password', 'bad JSON', 'CONNECT {x}\r\n', CLOSED),
  logsIn('password', 'bad protocol and no login', 'CONNECT {"protocol":7}\r\n', VIOLATION),
  logsIn(
    'password',
    'second CONNECT with a wrong one',
    'CONNECT {"user":"u","pass":"p"}\r\nCONNECT {"pass":"x"}\r\nPING\r\n',
    OK + VIOLATION,
  ),
  logsIn(
    'password',
    'second CONNECT without one',
    'CONNECT {"user":"u","pass":"p"}\r\nCONNECT {}\r\nPING\r\n',
    OK + OK + PONG,
  ),
  logsIn('password', 'nothing sent', '', err('Authentication Timeout') + CLOSED),
  logsIn('password', 'half a CONNECT', 'CONNE', err('Authentication Timeout') + CLOSED),
  logsIn('token', 'right', 'CONNECT {"auth_token":"s3cret"}\r\nPING\r\n', OK + PONG),
  logsIn('token', 'wrong', 'CONNECT {"auth_token":"other"}\r\n', VIOLATION),
  logsIn('token', 'as user', 'CONNECT {"user":"s3cret"}\r\n', VIOLATION),
  logsIn('token', 'as password', 'CONNECT {"user":"x","pass":"s3cret"}\r\n', VIOLATION),
];
