import { createHash } from 'node:crypto';
import type { AccessLogOptions } from '../options.ts';
import type { HeaderList } from './header-list.ts';
import type { RequestHead } from './request-head.ts';

/** What is known of an exchange when it has ended. Times are of the monotonic clock. */
export interface AccessRecord {
  readonly head: RequestHead;
  /** Headers as sent to the endpoint, or as received when nothing was sent. */
  readonly headers: HeaderList;
  readonly receivedWallMs: number;
  readonly receivedAtMs: number;
  readonly finishedAtMs: number;
  /** From the first choice of an endpoint to the end of its answer; 0 when never reached. */
  readonly proxiedMs: number;
  /** 0: none was sent. */
  readonly status: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly requestId: string;
  readonly routerError: string;
  readonly endpointAddress: string;
  readonly applicationId: string;
  readonly instanceIndex: string;
  readonly instanceId: string;
  readonly failedAttempts: number;
  /** From the last failed attempt, or the start, to the end of the answer; -1: none came. */
  readonly backendMs: number;
  /** All failed attempts together; -1: none failed. */
  readonly failedAttemptsMs: number;
  /** To connect for the answer; -1: no connection, or one that was there already. */
  readonly dialMs: number;
  /** Our end of the connection to the endpoint. */
  readonly localAddress: string;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
};

const hex = (code: number): string => code.toString(16).padStart(2, '0');

/** Go's %q on bytes: header text is Latin-1 here, so bytes that form UTF-8 become characters. */
function escapeQuoted(text: string): string {
  const decoded = Buffer.from(text, 'latin1').toString('utf8');
  if (decoded.includes('\ufffd')) {
    return text.replace(/[\u0000-\u001f"\\\u007f-\u00ff]/g, (character) => {
      return ESCAPES[character] ?? `\\x${hex(character.charCodeAt(0))}`;
    });
  }
  return decoded.replace(/[\u0000-\u001f"\\\u007f]/g, (character) => {
    return ESCAPES[character] ?? `\\x${hex(character.charCodeAt(0))}`;
  });
}

/** Most texts need no escape: they are checked by one expression and used as they are. */
const PLAIN = /^[\u0020\u0021\u0023-\u005b\u005d-\u007e]*$/;

function quoted(text: string): string {
  if (text === '') return '"-"';
  return PLAIN.test(text) ? `"${text}"` : `"${escapeQuoted(text)}"`;
}

/** Characters that the original escapes before it logs a path. */
const LOG_ESCAPED = /["<>\\^`{|}]/g;

/** The path as the original logs it: what may not stand in a path is escaped, the query is not. */
function loggedTarget(pathAndQuery: string): string {
  const query = pathAndQuery.indexOf('?');
  const path = query === -1 ? pathAndQuery : pathAndQuery.slice(0, query);
  const escaped = path.replace(
    LOG_ESCAPED,
    (character) => `%${hex(character.charCodeAt(0)).toUpperCase()}`,
  );
  return escaped === path ? pathAndQuery : escaped + pathAndQuery.slice(path.length);
}

function redactedTarget(record: AccessRecord, mode: AccessLogOptions['redactQueryParameters']) {
  const { method } = record.head;
  const pathAndQuery = loggedTarget(record.head.pathAndQuery);
  if (mode === 'none' || method !== 'GET') return pathAndQuery;
  const query = pathAndQuery.indexOf('?');
  if (query === -1) return pathAndQuery;
  const path = pathAndQuery.slice(0, query);
  if (mode === 'all') return path;
  if (query + 1 === pathAndQuery.length) return pathAndQuery;
  const raw = Buffer.from(pathAndQuery.slice(query + 1), 'latin1');
  return `${path}?hash=${createHash('sha1').update(raw).digest('hex')}`;
}

const seconds = (ms: number): string => (ms < 0 ? '"-"' : (ms / 1000).toFixed(6));

interface AccessFields {
  readonly target: string;
  readonly client: string;
  readonly forwardedFor: string;
  readonly routerError: string;
  readonly responseMs: number;
  readonly routerMs: number;
}

function fieldsOf(record: AccessRecord, options: AccessLogOptions): AccessFields {
  const { head, headers } = record;
  const responseMs = record.finishedAtMs - record.receivedAtMs;
  // gorouter.md §5.1 row 10: the log alone shows that a target with `;` is deprecated.
  const isDeprecated = head.target.includes(';') && record.routerError === '';
  return {
    target: redactedTarget(record, options.redactQueryParameters),
    client: options.isSourceAddressHidden ? '' : `${head.clientAddress}:${head.clientPort}`,
    forwardedFor: options.isForwardedForHidden ? '' : (headers.get('x-forwarded-for') ?? ''),
    routerError: isDeprecated ? 'deprecated-semicolon-params' : record.routerError,
    responseMs,
    routerMs: responseMs - record.proxiedMs,
  };
}

const logName = (header: string): string => header.toLowerCase().replaceAll('-', '_');

/** Host and Content-Length are never logged as extra headers (gorouter.md §6.1, as recorded). */
function extraHeaderValue(record: AccessRecord, header: string): string {
  const key = header.toLowerCase();
  if (key === 'host' || key === 'content-length') return '';
  return record.headers.get(key) ?? '';
}

const SECOND_MS = 1000;
/** Of the last second that was asked for: a date costs more than all the rest of a line. */
let secondOfTime = -1;
let textOfSecond = '';

function isoTime(wallMs: number): string {
  const second = Math.floor(wallMs / SECOND_MS);
  if (second !== secondOfTime) {
    secondOfTime = second;
    textOfSecond = new Date(second * SECOND_MS).toISOString().slice(0, -'000Z'.length);
  }
  const ms = Math.floor(wallMs - second * SECOND_MS);
  return `${textOfSecond}${ms < 10 ? '00' : ms < 100 ? '0' : ''}${ms}000000Z`;
}

/** Fields that are there on demand (gorouter.md §6.1); unknown names are left out. */
function extraField(field: string, record: AccessRecord): string {
  switch (field) {
    case 'failed_attempts':
      return ` failed_attempts:${record.failedAttempts}`;
    case 'failed_attempts_time':
      return ` failed_attempts_time:${seconds(record.failedAttemptsMs)}`;
    case 'backend_time':
      return ` backend_time:${seconds(record.backendMs)}`;
    case 'dial_time':
      return ` dial_time:${seconds(record.dialMs)}`;
    // Endpoints are addresses and are spoken to in plain: nothing to look up or to agree on.
    case 'dns_time':
    case 'tls_time':
      return ` ${field}:"-"`;
    case 'local_address':
      return ` local_address:${quoted(record.localAddress)}`;
    default:
      return '';
  }
}

/** One line in the format of gorouter.md §6.1, without its end of line. */
export function formatAccessLine(record: AccessRecord, options: AccessLogOptions): string {
  const { head, headers } = record;
  const fields = fieldsOf(record, options);
  const requestLine = `${head.method} ${fields.target} HTTP/${head.version}`;
  let line =
    `${PLAIN.test(head.host) ? head.host : escapeQuoted(head.host)} - ` +
    `[${isoTime(record.receivedWallMs)}] ${quoted(requestLine)} ` +
    `${record.status === 0 ? '"-"' : record.status} ${record.bytesReceived} ${record.bytesSent} ` +
    `${quoted(headers.get('referer') ?? '')} ${quoted(headers.get('user-agent') ?? '')} ` +
    `${quoted(fields.client)} ${quoted(record.endpointAddress)} ` +
    `x_forwarded_for:${quoted(fields.forwardedFor)} ` +
    `x_forwarded_proto:${quoted(headers.get('x-forwarded-proto') ?? '')} ` +
    `vcap_request_id:${quoted(record.requestId)} response_time:${seconds(fields.responseMs)} ` +
    `gorouter_time:${seconds(fields.routerMs)} app_id:${quoted(record.applicationId)} ` +
    `app_index:${quoted(record.instanceIndex)} instance_id:${quoted(record.instanceId)}`;
  for (const field of options.extraFields) line += extraField(field, record);
  line += ` x_cf_routererror:${quoted(fields.routerError)}`;
  for (const header of options.extraHeaders) {
    line += ` ${logName(header)}:${quoted(extraHeaderValue(record, header))}`;
  }
  return line;
}

/** The same as one JSON object, for log systems that parse. */
export function formatAccessJson(record: AccessRecord, options: AccessLogOptions): string {
  const { head, headers } = record;
  const fields = fieldsOf(record, options);
  const extra = options.extraHeaders.map((header) => [
    logName(header),
    extraHeaderValue(record, header),
  ]);
  return JSON.stringify({
    time: isoTime(record.receivedWallMs),
    host: head.host,
    method: head.method,
    target: fields.target,
    protocol: `HTTP/${head.version}`,
    status: record.status,
    bytes_received: record.bytesReceived,
    bytes_sent: record.bytesSent,
    referer: headers.get('referer') ?? '',
    user_agent: headers.get('user-agent') ?? '',
    client: fields.client,
    backend: record.endpointAddress,
    x_forwarded_for: fields.forwardedFor,
    x_forwarded_proto: headers.get('x-forwarded-proto') ?? '',
    vcap_request_id: record.requestId,
    response_time: Number(seconds(fields.responseMs)),
    gorouter_time: Number(seconds(fields.routerMs)),
    app_id: record.applicationId,
    app_index: record.instanceIndex,
    instance_id: record.instanceId,
    failed_attempts: record.failedAttempts,
    x_cf_routererror: fields.routerError,
    extra_headers: Object.fromEntries(extra),
  });
}
