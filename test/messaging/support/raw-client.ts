import { connect, type Socket } from 'node:net';

/** A client that sends bytes and keeps what comes back, one character per byte. */
export class RawClient {
  readonly socket: Socket;
  received = '';
  isClosed = false;
  #waiting: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.toString('latin1');
      this.#waiting?.();
    });
    const closed = (): void => {
      this.isClosed = true;
      this.#waiting?.();
    };
    socket.on('end', closed);
    socket.on('close', closed);
    socket.on('error', closed);
  }

  static open(port: number): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.removeListener('error', reject);
        resolve(new RawClient(socket));
      });
    });
  }

  /** Opens and takes the first INFO off the answer. */
  static async openWithInfo(port: number): Promise<{ client: RawClient; info: string }> {
    const client = await RawClient.open(port);
    await client.until(() => client.received.includes('\r\n'));
    const end = client.received.indexOf('\r\n');
    const info = client.received.slice(0, end);
    client.received = client.received.slice(end + 2);
    return { client, info };
  }

  send(bytes: string): void {
    if (this.socket.writable) this.socket.write(Buffer.from(bytes, 'latin1'));
  }

  take(): string {
    const text = this.received;
    this.received = '';
    return text;
  }

  /** Whether `condition` came true in time; it is looked at whenever something arrives. */
  until(condition: () => boolean, timeoutMs = 3_000): Promise<boolean> {
    if (condition()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting = undefined;
        resolve(false);
      }, timeoutMs);
      this.#waiting = () => {
        if (!condition()) return;
        clearTimeout(timer);
        this.#waiting = undefined;
        resolve(true);
      };
    });
  }

  close(): void {
    this.socket.destroy();
  }
}
