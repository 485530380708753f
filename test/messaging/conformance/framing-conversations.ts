import { CLOSED, type Conversation, err, msg, OK, PING, PONG, pub, QUIET } from './conversation.ts';

const UNKNOWN = err('Unknown Protocol Operation') + CLOSED;
const TOO_LONG = err('maximum control line exceeded') + CLOSED;
const MANY_TOKENS = Array.from({ length: 40 }, () => 'a').join('.');

/** One client, one write, one answer. */
function says(name: string, send: string | readonly string[], answer: string): Conversation {
  return { name, steps: [['a', send, answer]] };
}

/** The server waits for the rest. */
function waits(name: string, send: string): Conversation {
  return { name, steps: [['a', send, '']], unfinished: true };
}

/** cfv1.md §10.1: verbs, blanks, line ends, chunk boundaries, junk. */
export const FRAMING: readonly Conversation[] = [
  says('PING before CONNECT', PING, PONG),
  says('PING ended by LF only', 'PING\n', PONG),
  says('verb in lower case', 'ping\r\n', PONG),
  says('verb in mixed case', 'pInG\r\n', PONG),
  says('PING with blanks', 'PING  \r\n', PONG),
  says('PING with arguments', 'PINGX foo\r\n', PONG),
  says('PING longer than the control line', `PING${' '.repeat(9_000)}\r\n`, PONG),
  says('three PINGs in one chunk', PING.repeat(3), PONG.repeat(3)),
  says('PING byte by byte', [...PING], PONG),
  says('PONG unasked', `PONG\r\n${PING}`, PONG),
  says('PONG with arguments', `PONG foo\r\n${PING}`, PONG),
  says('+OK from a client', `+OK\r\n${PING}`, PONG),
  says('+OK with junk from a client', `+OK junk\r\n${PING}`, PONG),
  says('-ERR from a client closes', `-ERR 'foo'\r\n${PING}`, CLOSED),
  says('-ERR without text', `-ERR\r\n${PING}`, UNKNOWN),
  says('-ERR with blank only', `-ERR \r\n${PING}`, CLOSED),
  says('INFO from a client', `INFO {}\r\n${PING}`, PONG),
  says('INFO that is not JSON', `INFO {\r\n${PING}`, CLOSED),
  says('INFO that is a list', `INFO []\r\n${PING}`, CLOSED),
  says('INFO without argument', `INFO\r\n${PING}`, CLOSED),
  says('unknown verb', 'FOO\r\n', UNKNOWN),
  says('unknown first byte, no line end', 'X', UNKNOWN),
  says('empty line', `\r\n${PING}`, UNKNOWN),
  says('blank before the verb', '  PING\r\n', UNKNOWN),
  says('NUL byte', '\x00', UNKNOWN),
  says('HTTP request', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', UNKNOWN),
  says('TLS hello', '\x16\x03\x01\x02\x00\x01\x00', UNKNOWN),
  says('cut verb PI', 'PI\r\n', UNKNOWN),
  says('cut verb S', 'S\r\n', UNKNOWN),
  says('verb goes on, SUBB', 'SUBB\r\n', UNKNOWN),
  says('verb without blank, PUBfoo', 'PUBfoo 1\r\n', UNKNOWN),
  says('PUB without blank', 'PUB\r\n', UNKNOWN),
  says('SUB without blank', 'SUB\r\n', UNKNOWN),
  says('UNSUB without blank', 'UNSUB\r\n', UNKNOWN),
  says('HPUB without blank', 'HPUB\r\n', UNKNOWN),
  says('+X', '+X', UNKNOWN),
  says('-X', '-X', UNKNOWN),
  says('first byte of MSG', 'M', UNKNOWN),
  says('MSG from a client', 'MSG a 1 0\r\n\r\n', UNKNOWN),
  says('HMSG from a client', 'HMSG a 1 12 12\r\nNATS/1.0\r\n\r\n\r\n', UNKNOWN),
  says('account operation of routes', 'A+ foo\r\n', UNKNOWN),
  says('route operation RS+', 'RS+ foo\r\n', UNKNOWN),
  says('leaf operation LS+', 'LS+ foo\r\n', UNKNOWN),
  waits('one byte of a verb', 'H'),
  waits('+OK without line end', '+OK'),
  waits('half a CONNECT', 'CONNECT {"verbose":false,"verb'),
  waits('PUB without its payload', 'PUB foo 5\r\nhel'),
  says(
    'runs of blanks',
    `${QUIET}SUB  foo   1  \r\nPUB   foo   2  \r\nhi\r\n`,
    msg('foo', 1, 'hi'),
  ),
  says('tabs', `${QUIET}SUB\tfoo\t1\r\nPUB\tfoo\t0\r\n\r\n`, msg('foo', 1)),
  says(
    'two blanks for an empty queue and reply',
    `${QUIET}SUB foo  1\r\nPUB foo  2\r\nhi\r\n`,
    msg('foo', 1, 'hi'),
  ),
  says(
    'control lines ended by LF only',
    `CONNECT {"verbose":false}\nSUB foo 1\nPUB foo 2\nhi\r\nPING\n`,
    msg('foo', 1, 'hi') + PONG,
  ),
  says('payload ended by LF only', `${QUIET}PUB foo 2\nhi\nPING\n`, UNKNOWN),
  says('payload longer than announced', `${QUIET}PUB foo 2\r\nhiX\r\n`, UNKNOWN),
  says('payload with CR and junk', `${QUIET}PUB foo 2\r\nhi\rX\n`, UNKNOWN),
  says('payload with two CRs', `${QUIET}PUB foo 2\r\nhi\r\r\n`, UNKNOWN),
  says(
    'payload with CR LF inside',
    `${QUIET}SUB foo 1\r\nPUB foo 8\r\na\r\nPING\n\r\n`,
    'MSG foo 1 8\r\na\r\nPING\n\r\n',
  ),
  says(
    'everything byte by byte',
    [...`${QUIET}SUB foo 1\r\nPUB foo bar 5\r\nhello\r\nPING\r\n`],
    msg('foo', 1, 'hello', 'bar') + PONG,
  ),
  says(
    'payload in three chunks',
    [`${QUIET}SUB foo 1\r\nPUB foo 6\r\nab`, 'cd', 'ef\r\nPING\r\n'],
    msg('foo', 1, 'abcdef') + PONG,
  ),
  says(
    'CR and LF of a payload in two chunks',
    [`${QUIET}SUB foo 1\r\nPUB foo 2\r\nhi\r`, '\nPING\r\n'],
    msg('foo', 1, 'hi') + PONG,
  ),
  says(
    'payload of all byte values',
    `${QUIET}SUB foo 1\r\n${pub('foo', allBytes())}`,
    msg('foo', 1, allBytes()),
  ),
  says(
    'subject in UTF-8',
    `${QUIET}SUB f\xc3\xb6.\xe6\x97\xa5 1\r\n${pub('f\xc3\xb6.\xe6\x97\xa5', 'hi')}`,
    msg('f\xc3\xb6.\xe6\x97\xa5', 1, 'hi'),
  ),
  says(
    'subject of bytes that are not UTF-8',
    `${QUIET}SUB \xff\xfe.* 1\r\n${pub('\xff\xfe.\x80', 'hi')}`,
    msg('\xff\xfe.\x80', 1, 'hi'),
  ),
  says(
    'control characters in a subject',
    `${QUIET}SUB f\x00o\x0c 1\r\n${pub('f\x00o\x0c')}`,
    msg('f\x00o\x0c', 1),
  ),
  says('40 tokens', `${QUIET}SUB ${MANY_TOKENS} 1\r\n${pub(MANY_TOKENS)}`, msg(MANY_TOKENS, 1)),
  says('control line at the limit', `SUB ${'a'.repeat(4_094)} 1\r\n`, OK),
  says('control line above the limit', `SUB ${'a'.repeat(4_095)} 1\r\n`, TOO_LONG),
  says('control line above the limit, no line end', `SUB ${'a'.repeat(4_200)}`, TOO_LONG),
  says('control line at the limit in chunks', ['SUB aaaa', `${'a'.repeat(4_090)} 1\r\n`], OK),
  says(
    'control line above the limit in chunks',
    ['SUB aaaa', `${'a'.repeat(4_091)} 1\r\n`],
    TOO_LONG,
  ),
  says('blanks after the verb do not count', `SUB${' '.repeat(9_000)}foo 1\r\n`, OK),
  says('CONNECT above the limit', `CONNECT {"name":"${'a'.repeat(5_000)}"}\r\n`, TOO_LONG),
];

function allBytes(): string {
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('');
}
