import { request } from 'node:http';
import { createActor } from 'xstate';
import { createMemoryLog } from '../../../src/adapters/log/memory-log.ts';
import type { BbsApi, BbsEvent, BbsListener } from '../../../src/bbs/api.ts';
import { RECEPTOR_DEFAULTS, type ReceptorOptions } from '../../../src/bbs/receptor/options.ts';
import { receptorLogic } from '../../../src/bbs/receptor/receptor-actor.ts';
import { decode } from '../../../src/model/protobuf/decode.ts';
import { encode } from '../../../src/model/protobuf/encode.ts';
import type { MessageType } from '../../../src/model/protobuf/fields.ts';

export interface BbsCall {
  readonly path: string;
  readonly fields: Record<string, unknown>;
}

/** A BBS that answers what it is told to, over the wire form of both messages. */
export function createFakeBbs() {
  const calls: BbsCall[] = [];
  const answers = new Map<string, object | Error>();
  const listeners = new Set<BbsListener>();
  const bbs: BbsApi = {
    async invoke(path, request, response, fields) {
      const sent = decode(request, encode(request, request.create(fields)));
      calls.push({ path, fields: sent as Record<string, unknown> });
      const answer = answers.get(path) ?? {};
      if (answer instanceof Error) throw answer;
      return decode(response, encode(response, response.create(answer)));
    },
    subscribe(_stream, _cellId, listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
  return {
    bbs,
    calls,
    answers,
    listeners,
    emit<T>(name: string, type: MessageType<T>, message: T) {
      const encoded = encode(type, message);
      const event = { name, type: type as MessageType<unknown>, message, encoded } as BbsEvent;
      for (const listener of [...listeners]) listener.onEvent(event);
    },
  };
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly json: unknown;
}

export async function startReceptor(options: Partial<ReceptorOptions> = {}) {
  const fake = createFakeBbs();
  const { log, lines } = createMemoryLog();
  const actor = createActor(
    receptorLogic({ bbs: fake.bbs, log, options: { ...RECEPTOR_DEFAULTS, port: 0, ...options } }),
  );
  const port = await new Promise<number>((resolve, reject) => {
    actor.subscribe({
      next: (snapshot) => {
        if (snapshot.matches({ open: 'listening' })) resolve(snapshot.context.port);
      },
      error: reject,
    });
    actor.start();
  });

  function call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answered> {
    return new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port, method, path, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => {
          const { statusCode: status = 0 } = response;
          const isJson = response.headers['content-type']?.startsWith('application/json') === true;
          const json: unknown = isJson && text !== '' ? JSON.parse(text) : undefined;
          resolve({ status, headers: response.headers, text, json });
        });
      });
      sent.on('error', reject);
      sent.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body));
    });
  }

  return {
    ...fake,
    port,
    lines,
    actor,
    call,
    stop() {
      if (actor.getSnapshot().status !== 'active') return;
      actor.send({ type: 'SHUTDOWN', mode: 'fast' });
    },
  };
}

export type Started = Awaited<ReturnType<typeof startReceptor>>;
