/** Just enough of a socket to drive a client connection byte by byte, without a loop between. */
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';

export class FakeSocket extends EventEmitter {
  readonly remoteAddress = '127.0.0.1';
  readonly remotePort = 1;
  readonly writableLength = 0;
  written = '';
  destroyed = false;
  hasEnded = false;
  #isPaused = false;

  get writable(): boolean {
    return !this.destroyed && !this.hasEnded;
  }

  write(text: string | Uint8Array): boolean {
    this.written += typeof text === 'string' ? text : Buffer.from(text).toString('latin1');
    return true;
  }

  end(text?: string): this {
    if (typeof text === 'string') this.written += text;
    this.hasEnded = true;
    return this;
  }

  destroy(): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    this.emit('close');
    return this;
  }

  pause(): this {
    this.#isPaused = true;
    return this;
  }

  resume(): this {
    this.#isPaused = false;
    return this;
  }

  isPaused(): boolean {
    return this.#isPaused;
  }

  setTimeout(): this {
    return this;
  }

  get asSocket(): Socket {
    return this as unknown as Socket;
  }
}
