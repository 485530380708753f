import type { SetupName } from './setups.ts';

/** The end of the connection by the server, as the last part of an expected answer. */
export const CLOSED = '<closed>';
export const OK = '+OK\r\n';
export const PING = 'PING\r\n';
export const PONG = 'PONG\r\n';
/** A client as most libraries are: neither verbose nor pedantic. */
export const QUIET = 'CONNECT {"verbose":false,"pedantic":false}\r\n';
export const HEADERS = 'CONNECT {"verbose":false,"pedantic":false,"headers":true}\r\n';
export const NO_RESPONDERS =
  'CONNECT {"verbose":false,"pedantic":false,"headers":true,"no_responders":true}\r\n';
export const NO_ECHO = 'CONNECT {"verbose":false,"pedantic":false,"echo":false}\r\n';

/**
 * Who sends what and what comes back to that client. Texts are bytes, one character each. A list
 * of texts is sent as chunks of their own. With nothing to send, the client only listens.
 */
export type Step = readonly [client: string, send: string | readonly string[], answer: string];

export interface Conversation {
  readonly name: string;
  /** What the broker was started with. */
  readonly setup?: SetupName;
  readonly steps: readonly Step[];
  /** The answers of one step may come in any order. */
  readonly anyOrder?: true;
  /** Ends in the middle of an operation, so that the open connection cannot be proved by a PING. */
  readonly unfinished?: true;
}

/** A conversation in which the embedded broker answers otherwise than nats-server, on purpose. */
export interface KeptDifference extends Conversation {
  readonly reason: string;
  /** What nats-server answers, one text per step. */
  readonly realAnswers: readonly string[];
}

export function err(text: string): string {
  return `-ERR '${text}'\r\n`;
}

export function pub(subject: string, payload = '', reply = ''): string {
  const target = reply === '' ? subject : `${subject} ${reply}`;
  return `PUB ${target} ${payload.length}\r\n${payload}\r\n`;
}

export function msg(subject: string, sid: string | number, payload = '', reply = ''): string {
  const target = reply === '' ? `${subject} ${sid}` : `${subject} ${sid} ${reply}`;
  return `MSG ${target} ${payload.length}\r\n${payload}\r\n`;
}

/** The operations in what a server sent; a cut one is the last. */
export function splitFrames(text: string): string[] {
  const frames: string[] = [];
  let at = 0;
  while (at < text.length) {
    const lineEnd = text.indexOf('\n', at);
    let end = lineEnd < 0 ? text.length : lineEnd + 1;
    const line = text.slice(at, end);
    if (/^H?MSG /.test(line)) end += Number(line.trim().split(' ').at(-1)) + 2;
    frames.push(text.slice(at, end));
    at = end;
  }
  return frames;
}

/** A conversation of one client that hears no +OK. */
export function quietly(name: string, send: string, answer: string): Conversation {
  return { name, steps: [['a', QUIET + send + PING, answer + PONG]] };
}

/** One that ends with the connection. */
export function closes(name: string, send: string, answer = ''): Conversation {
  return { name, steps: [['a', HEADERS + send, answer + CLOSED]] };
}

/** The 503 that a publisher gets when nobody listens. */
export function noResponders(reply: string, sid: string | number): string {
  return `HMSG ${reply} ${sid} 16 16\r\nNATS/1.0 503\r\n\r\n\r\n`;
}
