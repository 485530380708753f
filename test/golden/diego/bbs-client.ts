import { Agent, type IncomingMessage, request } from 'node:http';
import { decode } from '../../../src/model/protobuf/decode.ts';
import { encode } from '../../../src/model/protobuf/encode.ts';
import { fromJson, type JsonObject, toJson } from './message-json.ts';
import { type AnyType, typeNamed } from './message-types.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Posts protobuf messages as the original's client does (diego.md §1.1). */
export class BbsClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 });
  readonly baseUrl: string;

  constructor(baseUrl: string) {
    this.baseUrl = baseUrl;
  }

  async send(
    method: string,
    path: string,
    body: Uint8Array,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<HttpAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const type = { 'content-type': 'application/x-protobuf' };
    const outgoing = request(
      new URL(path, this.baseUrl),
      {
        method,
        agent: this.#agent,
        headers: { ...type, ...headers, 'content-length': body.length },
      },
      resolve,
    );
    outgoing.on('error', reject);
    outgoing.end(body);
    const incoming = await promise;
    return {
      status: incoming.statusCode ?? 0,
      headers: incoming.headers,
      body: await readBody(incoming),
    };
  }

  /** An answer that is no message comes back as `{status, body}`, which no recording expects. */
  async call(
    path: string,
    requestType: string,
    message: JsonObject,
    responseType: AnyType,
  ): Promise<JsonObject> {
    const type = typeNamed(requestType);
    const answer = await this.send('POST', path, encode(type, fromJson(type, message)));
    if (answer.status !== 200) {
      return { status: answer.status, body: answer.body.toString('utf8').slice(0, 200) };
    }
    return toJson(responseType, decode(responseType, answer.body));
  }

  close(): void {
    this.#agent.destroy();
  }
}
