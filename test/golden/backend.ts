import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { freePort } from '../support/free-ports.ts';
import { authorityCertificate, leafCertificate } from './certificates.ts';
import { fillText, type PlaceholderValues } from './fill-placeholders.ts';
import { parseHead, parseRequest } from './http-text.ts';
import type {
  BackendRequestSeen,
  BackendScript,
  BackendTls,
  BackendTlsSeen,
} from './recorded-case.ts';

/**
 * A backend that plays a script on raw sockets and keeps every byte it received, so that the
 * request can be looked at exactly as the router wrote it.
 */
const defaultUpgradeAnswer =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';
const acceptScripts = new Set(['closeOnAccept', 'resetOnAccept']);
const headScripts = new Set(['early', 'upgrade', 'closeAfterHead', 'resetAfterHead']);

export interface ConnectionSeen {
  readonly order: number;
  readonly socket: Socket;
  raw: string;
  /** Set when the script dropped the connection before reading from it. */
  dropped: string;
  isClosed: boolean;
}

/** Shared by the backends of one case, so that arrivals keep one order. */
export class BackendDiary {
  readonly connections: { readonly backend: string; readonly seen: ConnectionSeen }[] = [];
  readonly tlsErrors: BackendTlsSeen[] = [];
  readonly requests: string[] = [];
  arrivals = 0;
}

export class Backend {
  readonly name: string;
  readonly #script: BackendScript;
  readonly #diary: BackendDiary;
  readonly #values: PlaceholderValues;
  readonly #sockets = new Set<Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #server: Server | undefined;
  #sequenceAt = 0;
  port = 0;

  constructor(name: string, script: BackendScript, diary: BackendDiary, values: PlaceholderValues) {
    this.name = name;
    this.#script = script;
    this.#diary = diary;
    this.#values = values;
  }

  async start(): Promise<void> {
    if (this.#script.script === 'refuse') {
      this.port = await freePort();
      return;
    }
    const server = this.#createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    this.port = typeof address === 'object' && address !== null ? address.port : 0;
    this.#server = server;
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const socket of this.#sockets) socket.destroy();
    const server = this.#server;
    this.#server = undefined;
    if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #createServer(): Server {
    const { tls } = this.#script;
    if (tls === undefined) {
      return createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
    }
    const server = createTlsServer({ ...tlsOptions(tls), allowHalfOpen: true }, (socket) =>
      this.#accept(socket),
    );
    server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
      this.#diary.tlsErrors.push({ backend: this.name, tlsError: error.code ?? error.message });
      socket.destroy();
    });
    return server;
  }

  /** `sequence` moves on with each request, or with each connection that a script drops. */
  #currentScript(): BackendScript {
    const { scripts } = this.#script;
    if (this.#script.script !== 'sequence' || scripts === undefined) return this.#script;
    return scripts[Math.min(this.#sequenceAt, scripts.length - 1)] ?? this.#script;
  }

  #accept(socket: Socket): void {
    this.#diary.arrivals += 1;
    const seen: ConnectionSeen = {
      order: this.#diary.arrivals,
      socket,
      raw: '',
      dropped: '',
      isClosed: false,
    };
    this.#diary.connections.push({ backend: this.name, seen });
    this.#sockets.add(socket);
    socket.on('error', () => {
      seen.isClosed = true;
    });
    socket.on('end', () => {
      seen.isClosed = true;
    });
    socket.on('close', () => {
      seen.isClosed = true;
      this.#sockets.delete(socket);
    });
    const script = this.#currentScript();
    if (acceptScripts.has(script.script)) {
      this.#dropOnAccept(socket, seen, script.script);
      return;
    }
    if (script.greeting !== undefined) this.#write(socket, script.greeting);
    new Conversation(this, seen).start();
  }

  #dropOnAccept(socket: Socket, seen: ConnectionSeen, script: string): void {
    this.#sequenceAt += 1;
    if (script === 'resetOnAccept') {
      seen.dropped = 'reset on accept';
      socket.resetAndDestroy();
      return;
    }
    seen.dropped = 'closed on accept';
    // Reading on keeps the kernel from turning the close into a reset.
    socket.resume();
    socket.end();
  }

  takeScript(): BackendScript {
    const script = this.#currentScript();
    this.#sequenceAt += 1;
    return script;
  }

  peekScript(): BackendScript {
    return this.#currentScript();
  }

  noteRequest(): void {
    this.#diary.requests.push(this.name);
  }

  after(delayMs: number, action: () => void): void {
    if (delayMs <= 0) {
      action();
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, delayMs);
    this.#timers.add(timer);
  }

  #write(socket: Socket, text: string): void {
    if (!socket.destroyed && socket.writable) {
      socket.write(Buffer.from(fillText(text, this.#values), 'latin1'));
    }
  }

  write(socket: Socket, text: string): void {
    this.#write(socket, text);
  }
}

function tlsOptions(tls: BackendTls): object {
  const { certificatePem, keyPem } = leafCertificate(tls);
  return {
    cert: certificatePem,
    key: keyPem,
    ...(tls.clientCa === undefined
      ? {}
      : {
          ca: authorityCertificate(tls.clientCa).certificatePem,
          requestCert: true,
          rejectUnauthorized: true,
        }),
    ...(tls.minVersion === undefined ? {} : { minVersion: tls.minVersion }),
    ...(tls.maxVersion === undefined ? {} : { maxVersion: tls.maxVersion }),
    ...(tls.ciphers === undefined ? {} : { ciphers: tls.ciphers }),
  };
}

/** One accepted connection: request after request, each answered as the script says. */
class Conversation {
  readonly #backend: Backend;
  readonly #seen: ConnectionSeen;
  readonly #socket: Socket;
  #parsedTo = 0;
  #isAnswering = false;
  #isStreaming = false;

  constructor(backend: Backend, seen: ConnectionSeen) {
    this.#backend = backend;
    this.#seen = seen;
    this.#socket = seen.socket;
  }

  start(): void {
    this.#socket.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1');
      this.#seen.raw += text;
      if (this.#isStreaming) this.#backend.write(this.#socket, `echo:${text}`);
      else this.#advance();
    });
    this.#socket.on('end', () => this.#socket.end());
  }

  #advance(): void {
    if (this.#isAnswering) return;
    const { raw } = this.#seen;
    const head = parseHead(raw, this.#parsedTo);
    if (head === undefined) return;
    const script = this.#backend.peekScript();
    if (headScripts.has(script.script)) {
      this.#begin(head.end, (taken) => this.#atHead(taken));
      return;
    }
    if (script.script === 'continue') this.#sendInterim(script, head.end);
    const request = parseRequest(raw, this.#parsedTo);
    if (request?.content.complete !== true) return;
    this.#begin(request.content.end, (taken) => this.#answer(taken));
  }

  #begin(end: number, react: (script: BackendScript) => void): void {
    this.#isAnswering = true;
    this.#parsedTo = end;
    this.#backend.noteRequest();
    const script = this.#backend.takeScript();
    this.#backend.after(script.delayMs ?? 0, () => react(script));
  }

  #interimSentAt = -1;

  #sendInterim(script: BackendScript, headEnd: number): void {
    if (this.#interimSentAt === headEnd) return;
    this.#interimSentAt = headEnd;
    this.#backend.write(this.#socket, script.interim ?? 'HTTP/1.1 100 Continue\r\n\r\n');
  }

  #atHead(script: BackendScript): void {
    switch (script.script) {
      case 'closeAfterHead':
        this.#socket.end();
        return;
      case 'resetAfterHead':
        this.#socket.resetAndDestroy();
        return;
      case 'upgrade':
        this.#backend.write(this.#socket, script.response ?? defaultUpgradeAnswer);
        this.#isStreaming = true;
        if (this.#seen.raw.length > this.#parsedTo) {
          this.#backend.write(this.#socket, `echo:${this.#seen.raw.slice(this.#parsedTo)}`);
        }
        if (script.then === 'close') this.#backend.after(100, () => this.#socket.end());
        return;
      default:
        this.#backend.write(this.#socket, script.response ?? '');
        this.#finish(script);
    }
  }

  #answer(script: BackendScript): void {
    switch (script.script) {
      case 'ok':
      case 'continue':
        this.#backend.write(this.#socket, okAnswer(this.#backend.name));
        this.#finish(script);
        return;
      case 'raw':
        this.#backend.write(this.#socket, script.response ?? '');
        this.#finish(script);
        return;
      case 'parts':
        this.#sendParts(script, 0);
        return;
      case 'closeAfterRequest':
        this.#socket.end();
        return;
      case 'resetAfterRequest':
        this.#socket.resetAndDestroy();
        return;
      case 'hang':
        return;
      default:
        throw new Error(`unknown backend script ${script.script}`);
    }
  }

  #sendParts(script: BackendScript, at: number): void {
    const part = script.parts?.[at];
    if (part === undefined) {
      this.#finish(script);
      return;
    }
    this.#backend.after(part.waitMs ?? 0, () => {
      this.#backend.write(this.#socket, part.send);
      this.#sendParts(script, at + 1);
    });
  }

  #finish(script: BackendScript): void {
    if (script.then === 'close') {
      this.#socket.end();
      return;
    }
    if (script.then === 'reset') {
      // A reset right behind the bytes would make the kernel of the reader drop them.
      this.#backend.after(20, () => this.#socket.resetAndDestroy());
      return;
    }
    if (script.script === 'early') return;
    this.#isAnswering = false;
    this.#advance();
  }
}

function okAnswer(name: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${name.length}\r\n\r\n${name}`;
}

export const backendScripts: ReadonlySet<string> = new Set([
  ...acceptScripts,
  ...headScripts,
  ...['ok', 'raw', 'parts', 'continue', 'hang', 'refuse', 'sequence'],
  ...['closeAfterRequest', 'resetAfterRequest'],
]);

/**
 * What a connection brought, as the recording puts it: its first request, or the bytes that
 * were no whole head. `everyRequest` adds those behind it, which matter when the router must
 * not reuse connections.
 */
export function describeConnection(
  backend: string,
  seen: ConnectionSeen,
  everyRequest: boolean,
): BackendRequestSeen[] {
  if (seen.dropped !== '') return [{ backend, connectionWas: seen.dropped }];
  const connectionEnd = seen.isClosed ? 'closed' : 'open';
  const found: BackendRequestSeen[] = [];
  let at = 0;
  while (at < seen.raw.length) {
    const request = parseRequest(seen.raw, at);
    if (request === undefined) {
      if (found.length === 0) found.push({ backend, incomplete: seen.raw.slice(at) });
      break;
    }
    const { content, framing, startLine, headers } = request;
    const isUpgrade = headers.some(([name]) => name.toLowerCase() === 'upgrade');
    const stream = isUpgrade && framing === undefined ? seen.raw.slice(content.end) : '';
    found.push({
      backend,
      requestLine: startLine,
      headers,
      ...(framing === undefined ? {} : { framing }),
      body: content.body,
      ...(content.trailers.length === 0 ? {} : { trailers: content.trailers }),
      ...(content.complete ? {} : { complete: false }),
      ...(stream === '' ? {} : { stream }),
      connectionEnd,
    });
    if (!everyRequest || !content.complete || isUpgrade) break;
    at = content.end;
  }
  return found;
}
