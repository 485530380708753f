import type { Socket } from 'node:net';

/** A close frame with code 1001, "going away" (RFC 6455 §5.5.1, §7.4.1), as a server sends it. */
const GOING_AWAY_FRAME = Buffer.from([0x88, 0x02, 0x03, 0xe9]);

interface Tunnel {
  readonly client: Socket;
  readonly upstream: Socket;
  readonly isWebSocket: boolean;
}

/** The upgraded connections of one listener: they end when either side does. */
export interface UpgradedConnections {
  /** Copies bytes both ways; `onEnd` is called once, when both sides are gone. */
  join(tunnel: Tunnel, onEnd: () => void): void;
  readonly size: number;
  /** Tells WebSocket clients that the server goes away, then ends everything. */
  closeAll(): void;
}

export function createUpgradedConnections(): UpgradedConnections {
  const tunnels = new Set<Tunnel>();
  return {
    join(tunnel, onEnd) {
      const { client, upstream } = tunnel;
      let open = 2;
      tunnels.add(tunnel);
      const ended = (other: Socket) => () => {
        open -= 1;
        if (open === 0) {
          tunnels.delete(tunnel);
          onEnd();
        } else if (!other.destroyed) other.destroySoon();
      };
      client.setTimeout(0);
      client.setNoDelay(true);
      upstream.setNoDelay(true);
      // Errors are followed by close, which is what counts here.
      client.on('error', () => upstream.destroy());
      upstream.on('error', () => client.destroy());
      client.on('close', ended(upstream));
      upstream.on('close', ended(client));
      client.pipe(upstream);
      upstream.pipe(client);
    },
    get size() {
      return tunnels.size;
    },
    closeAll() {
      for (const { client, upstream, isWebSocket } of tunnels) {
        upstream.unpipe(client);
        if (isWebSocket && client.writable) client.write(GOING_AWAY_FRAME);
        client.destroySoon();
        upstream.destroy();
      }
    },
  };
}
