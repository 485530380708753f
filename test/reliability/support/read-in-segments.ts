/** The same bytes through the readers of the engine `wire`, cut in different places. */
import type { Clock } from '../../../src/ports/clock.ts';
import { BodyReader, type Framing } from '../../../src/router/http/wire/body-reader.ts';
import { ClientConnection } from '../../../src/router/http/wire/client-connection.ts';
import type { Arrival } from '../../../src/router/http/wire/read-arrival.ts';
import { TimerWheel } from '../../../src/router/http/wire/timer-wheel.ts';
import { FakeSocket } from './fake-socket.ts';

/** `cuts` are where one segment ends and the next begins, in any order. */
export function segmentsOf(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  const segments: Buffer[] = [];
  let from = 0;
  for (const place of [...places, bytes.length]) {
    if (place > from) segments.push(bytes.subarray(from, place));
    from = Math.max(from, place);
  }
  return segments;
}

export interface ReadBody {
  readonly content: string;
  readonly isDone: boolean;
  readonly fault: string | undefined;
  readonly trailers: string;
  /** Bytes that belong to the body; of a fault it is where reading stopped. */
  readonly taken: number;
}

/** Throws when the reader tells of bytes that are not there. */
export function readBody(framing: Framing, segments: readonly Buffer[]): ReadBody {
  const body = new BodyReader(framing);
  let content = '';
  let taken = 0;
  for (const bytes of segments) {
    let last = 0;
    const end = body.feed(bytes, 0, {
      onContent(own, from, to) {
        if (own !== bytes || from < last || to <= from || to > bytes.length) {
          throw new Error(`content from ${from} to ${to} of ${bytes.length} behind ${last}`);
        }
        last = to;
        content += own.toString('latin1', from, to);
      },
    });
    if (end < last || end > bytes.length) throw new Error(`end ${end} of ${bytes.length}`);
    taken += end;
    if (body.isDone || body.fault !== undefined) break;
    if (end !== bytes.length) throw new Error('bytes left over although the body goes on');
  }
  const { isDone, fault, trailers } = body;
  return { content, isDone, fault, trailers: JSON.stringify(trailers?.toRaw() ?? []), taken };
}

const STILL: Clock = {
  nowMs: () => 0,
  wallMs: () => 0,
  setTimeout: () => ({}) as never,
  clearTimeout: () => {},
} as unknown as Clock;

interface Heard {
  /** Method, target, headers and body of each request. */
  readonly requests: readonly string[];
  /** What the client got. */
  readonly written: string;
  readonly isEnded: boolean;
}

const OWN_ANSWER = '[answered]';

/** Reads a connection as the server does, and answers each request when its body has come. */
export function readConnection(segments: readonly Buffer[]): Heard {
  const socket = new FakeSocket();
  const requests: string[] = [];
  const connection = new ClientConnection(socket.asSocket, {
    wheel: new TimerWheel(STILL),
    idleTimeoutMs: 1000,
    readHeaderTimeoutMs: 1000,
    isDraining: () => false,
    onClosed: () => {},
    onRequest: (client, arrival) => take(client, arrival),
  });
  const take = (client: ClientConnection, { head, framing }: Arrival): void => {
    let body = '';
    const done = (trailers: string): void => {
      const { method, target, version, headers } = head;
      requests.push(JSON.stringify([method, target, version, headers.toRaw(), body, trailers]));
      socket.write(OWN_ANSWER);
      client.answered(false, 0);
    };
    client.carry({
      onBodyContent(bytes, from, to) {
        body += bytes.toString('latin1', from, to);
      },
      onBodyEnd: (trailers) => done(JSON.stringify(trailers?.toRaw() ?? [])),
      onBodyBroken: () => client.refuseBody(),
      onClientGone: () => {},
      onClientDrain: () => {},
    });
    if (framing.kind === 'none') done('[]');
    else client.startBody();
  };
  for (const segment of segments) {
    if (socket.hasEnded || socket.destroyed) break;
    socket.emit('data', segment);
  }
  void connection;
  return { requests, written: socket.written, isEnded: socket.hasEnded || socket.destroyed };
}
