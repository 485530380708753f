/** The event stream of the receptor: server-sent events with plain JSON (diego.md §12.3). */
import { Buffer } from 'node:buffer';
import type { ServerResponse } from 'node:http';
import { eventJson } from '../../model/receptor/events.ts';
import type { BbsApi, BbsEvent } from '../api.ts';
import { RECEPTOR_LIMITS } from './options.ts';

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-store, must-revalidate',
  connection: 'keep-alive',
} as const;

export interface EventStreams {
  /** False when there are too many; nothing was answered then. */
  open(response: ServerResponse, headers: Readonly<Record<string, string>>): boolean;
  endAll(): void;
}

export function createEventStreams(bbs: BbsApi): EventStreams {
  const open = new Set<() => void>();
  /** All readers share the text of an event. */
  const texts = new WeakMap<BbsEvent, string | null>();

  function textOf(event: BbsEvent): string | null {
    const known = texts.get(event);
    if (known !== undefined) return known;
    const made = eventJson(event.name, event.message) ?? null;
    texts.set(event, made);
    return made;
  }

  return {
    open(response, headers) {
      if (open.size >= RECEPTOR_LIMITS.streams) return false;
      let id = 0;
      let pending = 0;
      const end = (): void => {
        if (!open.delete(end)) return;
        unsubscribe();
        response.end();
      };
      /** It would not read the end either. */
      const cut = (): void => {
        end();
        response.destroy();
      };
      const unsubscribe = bbs.subscribe('group', '', {
        onEvent(event) {
          const text = textOf(event);
          if (text === null || !open.has(end)) return;
          const isFull =
            pending >= RECEPTOR_LIMITS.pendingEvents ||
            response.writableLength + Buffer.byteLength(text) > RECEPTOR_LIMITS.pendingBytes;
          if (isFull) {
            cut();
            return;
          }
          pending += 1;
          response.write(`id: ${id}\nevent: ${event.name}\ndata: ${text}\n\n`, () => {
            pending -= 1;
          });
          id += 1;
        },
        onEnd: end,
      });
      open.add(end);
      response.on('close', end);
      response.on('error', end);
      // The subscription is active before the client sees the headers.
      response.writeHead(200, { ...headers, ...HEADERS });
      response.flushHeaders();
      return true;
    },
    endAll() {
      for (const end of [...open]) end();
    },
  };
}
