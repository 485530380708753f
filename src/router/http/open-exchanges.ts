import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** One request that is not answered yet. */
export interface OpenExchange {
  readonly request: IncomingMessage;
  readonly reply: ServerResponse;
  /** Set by whoever works on it: drop the work, the rest of the request cannot be read. */
  onBroken: () => void;
}

/** The requests of each client connection that are not answered yet, in order of arrival. */
export interface OpenExchanges {
  add(request: IncomingMessage, reply: ServerResponse): OpenExchange;
  /** Something on this connection waits for its answer. */
  isBusy(socket: Socket): boolean;
  /**
   * Calls `reject` when it is this request's turn: answers to good requests that came before on
   * the same connection go out first. A request whose own body is broken is cut off.
   */
  rejectInTurn(socket: Socket, reject: () => void): void;
}

export function createOpenExchanges(): OpenExchanges {
  const bySocket = new WeakMap<Socket, Set<OpenExchange>>();
  return {
    add(request, reply) {
      const { socket } = request;
      const open = bySocket.get(socket) ?? new Set();
      bySocket.set(socket, open);
      const own: OpenExchange = { request, reply, onBroken: () => {} };
      open.add(own);
      reply.once('close', () => open.delete(own));
      reply.once('finish', () => open.delete(own));
      return own;
    },
    isBusy: (socket) => (bySocket.get(socket)?.size ?? 0) > 0,
    rejectInTurn(socket, reject) {
      const open = [...(bySocket.get(socket) ?? [])];
      const broken = open.find(({ request }) => !request.complete);
      const before = open.filter((own) => own !== broken);
      const last = before.at(-1);
      if (broken?.reply.headersSent === true && before.length === 0) {
        socket.destroy();
        return;
      }
      broken?.onBroken();
      if (last === undefined) reject();
      else last.reply.once('finish', reject);
    },
  };
}
