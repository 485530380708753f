/** A client that sends exact bytes in exact segments and keeps what comes back. */
import { connect, type Socket } from 'node:net';
import { type ParsedResponse, parseResponse } from '../../golden/http-text.ts';

export class RawClient {
  readonly socket: Socket;
  raw = '';
  isEnded = false;
  isReset = false;
  readonly #watchers = new Set<() => void>();

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('data', (chunk: Buffer) => {
      this.raw += chunk.toString('latin1');
      this.#changed();
    });
    this.socket.on('error', () => {
      this.isReset = true;
    });
    const ended = (): void => {
      this.isEnded = true;
      this.#changed();
    };
    this.socket.on('end', ended);
    this.socket.on('close', ended);
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher();
  }

  /** True when the condition came true in time. */
  async until(condition: () => boolean, withinMs: number): Promise<boolean> {
    if (condition()) return true;
    return await new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#watchers.delete(check);
        resolve(condition());
      };
      const check = (): void => {
        if (condition()) done();
      };
      const timer = setTimeout(done, withinMs);
      this.#watchers.add(check);
    });
  }

  /** One write for each `segmentBytes`; the loop turns between two of them. */
  async send(bytes: string, segmentBytes: number): Promise<void> {
    if (this.socket.connecting) {
      await new Promise((resolve) => {
        this.socket.once('connect', resolve);
        this.socket.once('close', resolve);
      });
    }
    for (let at = 0; at < bytes.length && this.socket.writable; at += segmentBytes) {
      this.socket.write(bytes.slice(at, at + segmentBytes), 'latin1');
      if (at + segmentBytes < bytes.length) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Whole answers so far, and the one that is not whole. */
  answers(methods: readonly string[] = []): readonly ParsedResponse[] {
    const found: ParsedResponse[] = [];
    let at = 0;
    let final = 0;
    while (at < this.raw.length) {
      const method = methods[final] ?? 'GET';
      const response = parseResponse(this.raw, at, method, this.isEnded);
      if (response === undefined) return found;
      found.push(response);
      if (response.status >= 200) final += 1;
      at = response.content.end;
      if (!response.content.complete) return found;
    }
    return found;
  }

  finals(): readonly ParsedResponse[] {
    return this.answers().filter(({ status }) => status >= 200);
  }

  close(): void {
    this.socket.destroy();
  }
}
