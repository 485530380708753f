import { ClientConnection } from '../golden/client-connection.ts';
import type { ParsedResponse } from '../golden/http-text.ts';
import type { RequestPart } from '../golden/recorded-case.ts';

const PATIENCE_MS = 5000;

/** A client on one raw connection; answers come in the order of the requests. */
export class Client {
  readonly connection: ClientConnection;
  /** 1xx answers to the last request. */
  interim: ParsedResponse[] = [];

  constructor(port: number) {
    this.connection = new ClientConnection(port);
  }

  async send(...parts: (string | RequestPart)[]): Promise<void> {
    await this.connection.send(
      parts.map((part) => (typeof part === 'string' ? { send: part } : part)),
    );
  }

  /** The next final answer; it must come whole unless `isCut` is set. */
  async answer(method = 'GET', isCut = false): Promise<ParsedResponse> {
    const found = () => {
      const responses = this.connection.responses([method]);
      return responses.find(({ status }) => status >= 200 || status === 101);
    };
    const isThere = () => {
      const response = found();
      if (response === undefined) return this.connection.end !== undefined;
      return response.content.complete || this.connection.end !== undefined;
    };
    await this.connection.waitUntil(isThere, PATIENCE_MS);
    const response = found();
    const { end, raw, consumed } = this.connection;
    if (response === undefined || (!response.content.complete && !isCut)) {
      throw new Error(`no answer (${end ?? 'still open'}): ${JSON.stringify(raw.slice(consumed))}`);
    }
    this.interim = this.connection
      .responses([method])
      .filter(({ status }) => status < 200 && status !== 101);
    this.connection.consumed = response.content.end;
    return response;
  }

  async exchange(text: string): Promise<ParsedResponse> {
    await this.send(text);
    return await this.answer(text.slice(0, text.indexOf(' ')));
  }

  /** Resolves with how the router ended the connection; undefined when it did not. */
  async ended(withinMs = PATIENCE_MS): Promise<string | undefined> {
    await this.connection.waitUntil(() => this.connection.end !== undefined, withinMs);
    return this.connection.end;
  }

  async received(text: string): Promise<void> {
    const isThere = () => this.connection.raw.includes(text, this.connection.consumed);
    if (await this.connection.waitUntil(isThere, PATIENCE_MS)) return;
    const { raw, end } = this.connection;
    throw new Error(`never came: ${text} (${end ?? 'still open'}): ${JSON.stringify(raw)}`);
  }

  close(): void {
    this.connection.close();
  }
}

/** A request with the given head lines; `Host` and what it needs for its body are added. */
export function requestText(
  host: string,
  startLine = 'GET / HTTP/1.1',
  headers: readonly string[] = [],
  body?: string,
): string {
  const lines = [startLine, ...(host === '' ? [] : [`Host: ${host}`]), ...headers];
  if (body !== undefined) lines.push(`Content-Length: ${body.length}`);
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`;
}

/** One request on a connection of its own. */
export async function askOnce(port: number, text: string): Promise<ParsedResponse> {
  const client = new Client(port);
  try {
    return await client.exchange(text);
  } finally {
    client.close();
  }
}
