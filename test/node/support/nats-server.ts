import { Child } from './child.ts';

export const NATS_SERVER_COMMAND = 'nats-server';

/** A real server that comes back on the same port. */
export class NatsServer {
  readonly port: number;
  #child: Child | undefined;

  constructor(port: number) {
    this.port = port;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const words = ['-a', '127.0.0.1', '-p', `${this.port}`];
    this.#child = new Child(NATS_SERVER_COMMAND, words);
    await this.#child.printed('Server is ready');
  }

  /** As when the machine fails. */
  async kill(): Promise<void> {
    await this.#child?.kill();
  }

  /** It stands still; its connections stay open. */
  stall(): void {
    this.#child?.signal('SIGSTOP');
  }
}
