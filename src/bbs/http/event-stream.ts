/** Event streams as server-sent events (diego.md §2.11, §10). */
import type { ServerResponse } from 'node:http';
import { toJson } from '../../model/protobuf/json.ts';
import { downConvertEvent } from '../events/down-convert-event.ts';
import type { BbsEvent, EventHub, StreamName } from '../events/hub.ts';
import { BBS_LIMITS } from '../options.ts';
import type { BodyFormat } from './run-operation.ts';

export interface StreamRoute {
  readonly method: 'GET' | 'POST';
  readonly stream: StreamName;
  /** The deprecated form: what desired LRPs and tasks carry is turned back (§1.4). */
  readonly isR0: boolean;
}

export const STREAM_ROUTES: ReadonlyMap<string, StreamRoute> = new Map([
  ['/v1/events', { method: 'GET', stream: 'group', isR0: true }],
  ['/v1/events.r1', { method: 'GET', stream: 'group', isR0: false }],
  ['/v1/events/lrp_instances', { method: 'POST', stream: 'instance', isR0: true }],
  ['/v1/events/lrp_instances.r1', { method: 'POST', stream: 'instance', isR0: false }],
  ['/v1/events/tasks', { method: 'POST', stream: 'task', isR0: true }],
  ['/v1/events/tasks.r1', { method: 'POST', stream: 'task', isR0: false }],
]);

const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-cache, no-store, must-revalidate',
  Connection: 'keep-alive',
};

/** Base64 of the message, or JSON for people. */
const dataOf = ({ type, message, encoded }: BbsEvent, format: BodyFormat): string =>
  format === 'json'
    ? JSON.stringify(toJson(type, message))
    : Buffer.from(encoded).toString('base64');

const frame = (id: number, event: BbsEvent, format: BodyFormat): string =>
  `id: ${id}\nevent: ${event.name}\ndata: ${dataOf(event, format)}\n\n`;

export interface StreamRequest {
  /** Empty: events of all cells. */
  readonly cellId: string;
  readonly format: BodyFormat;
}

/** Streams until the client leaves, is too slow, or the hub ends it. */
export function streamEvents(
  hub: EventHub,
  { stream, isR0 }: StreamRoute,
  { cellId, format }: StreamRequest,
  response: ServerResponse,
): void {
  const pending: string[] = [];
  let id = 0;
  let isBlocked = false;

  const write = (text: string): void => {
    isBlocked = !response.write(text);
  };
  const end = (): void => {
    cancel();
    response.end();
  };
  const cancel = hub.subscribe(stream, cellId, {
    onEvent(event) {
      const text = frame(id, isR0 ? downConvertEvent(event) : event, format);
      id += 1;
      if (!isBlocked) write(text);
      else if (pending.length < BBS_LIMITS.pendingEvents) pending.push(text);
      else end();
    },
    onEnd: () => response.end(),
  });
  response.on('drain', () => {
    isBlocked = false;
    while (!isBlocked) {
      const text = pending.shift();
      if (text === undefined) break;
      write(text);
    }
  });
  response.on('close', cancel);
  response.writeHead(200, HEADERS);
  // The subscription is active before the client sees the headers (§2.11).
  response.flushHeaders();
}
