import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { leafCertificate } from './certificates.ts';
import { type ParsedResponse, parseResponse } from './http-text.ts';
import { pause } from './pause.ts';
import type { ClientTls, RequestPart } from './recorded-case.ts';

/** A client on a raw socket: sends exact bytes, keeps exact bytes, notes how it ended. */
export class ClientConnection {
  readonly #socket: Socket;
  readonly #watchers = new Set<() => void>();
  raw = '';
  /** How far earlier steps on this connection have read. */
  consumed = 0;
  isUpgraded = false;
  end: 'closed' | 'reset' | 'refused' | 'tls-handshake-failed' | 'aborted by client' | undefined;
  readonly ready: Promise<void>;

  constructor(port: number, tls?: ClientTls) {
    const address = { host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true };
    this.#socket =
      tls === undefined ? connect(address) : connectTls({ ...address, ...tlsOptions(tls) });
    const readyEvent = tls === undefined ? 'connect' : 'secureConnect';
    let isReady = false;
    this.ready = new Promise((resolve) => {
      this.#socket.once(readyEvent, () => {
        isReady = true;
        resolve();
      });
      this.#socket.once('close', () => resolve());
    });
    this.#socket.on('data', (chunk: Buffer) => {
      this.raw += chunk.toString('latin1');
      this.#changed();
    });
    this.#socket.on('end', () => this.#ended(isReady || tls === undefined ? 'closed' : undefined));
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') return this.#ended('refused');
      if (tls !== undefined && !isReady) return this.#ended('tls-handshake-failed');
      this.#ended(error.code === 'ECONNRESET' ? 'reset' : 'closed');
    });
    this.#socket.on('close', () => this.#ended('closed'));
  }

  #ended(how: ClientConnection['end']): void {
    this.end ??= how;
    this.#changed();
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher();
  }

  /** True when the condition came true within the time. */
  async waitUntil(condition: () => boolean, timeoutMs: number): Promise<boolean> {
    if (condition()) return true;
    if (timeoutMs <= 0) return false;
    return await new Promise((resolve) => {
      const finish = (result: boolean): void => {
        clearTimeout(timer);
        this.#watchers.delete(check);
        resolve(result);
      };
      const check = (): void => {
        if (condition()) finish(true);
      };
      const timer = setTimeout(() => finish(condition()), timeoutMs);
      this.#watchers.add(check);
    });
  }

  async send(parts: readonly RequestPart[]): Promise<void> {
    await this.ready;
    for (const part of parts) {
      if (part.waitMs !== undefined) await pause(part.waitMs);
      if (part.send !== undefined) await this.#write(part.send);
      for (const byte of part.bytewise ?? '') await this.#write(byte);
      if (part.end === true && this.#socket.writable) this.#socket.end();
      if (part.abort === true) this.abort();
    }
  }

  async #write(text: string): Promise<void> {
    if (!this.#socket.writable) return;
    await new Promise<void>((resolve) => {
      this.#socket.write(Buffer.from(text, 'latin1'), () => resolve());
    });
  }

  abort(): void {
    this.end ??= 'aborted by client';
    this.#socket.destroy();
    this.#changed();
  }

  close(): void {
    this.#socket.destroy();
  }

  /** The answers behind `consumed`; 1xx answers other than 101 stand before a final one. */
  responses(methods: readonly string[]): ParsedResponse[] {
    const found: ParsedResponse[] = [];
    let at = this.consumed;
    let finals = 0;
    while (at < this.raw.length) {
      const method = methods[finals] ?? 'GET';
      const response = parseResponse(this.raw, at, method, this.end !== undefined);
      if (response === undefined) break;
      found.push(response);
      at = response.content.end;
      if (response.status >= 200) finals += 1;
      if (response.status === 101 || !response.content.complete) break;
    }
    return found;
  }
}

function tlsOptions(tls: ClientTls): object {
  const certificate = tls.clientCert === undefined ? undefined : leafCertificate(tls.clientCert);
  return {
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
    minVersion: 'TLSv1',
    ciphers: 'DEFAULT@SECLEVEL=0',
    ...(tls.sni === undefined ? {} : { servername: tls.sni }),
    ...(tls.maxVersion === undefined ? {} : { maxVersion: tls.maxVersion }),
    ...(certificate === undefined
      ? {}
      : { cert: certificate.certificatePem, key: certificate.keyPem }),
  };
}
