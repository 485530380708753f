import { Agent, request as startRequest } from 'node:http';
import { decode } from '../../../src/model/protobuf/decode.ts';
import { encode } from '../../../src/model/protobuf/encode.ts';
import { fromJson, type JsonObject, toJson } from './message-json.ts';
import { type AnyType, typeNamed } from './message-types.ts';

/** What the BBS answered, before it is decoded. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Speaks to a BBS in protobuf; messages are given and returned in the recordings' JSON form. */
export class BbsClient {
  readonly #baseUrl: string;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(baseUrl: string) {
    this.#baseUrl = baseUrl;
  }

  /** Rejects when the connection ends without an answer. */
  async send({ method, path, headers, body }: RawRequest): Promise<RawAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
    const options = { method, headers, agent: this.#agent };
    const request = startRequest(`${this.#baseUrl}${path}`, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode: status = 0, headers: answered } = response;
        resolve({ status, headers: answered, body: Buffer.concat(chunks) });
      });
    });
    request.on('error', reject);
    request.end(body);
    return promise;
  }

  /** Throws unless the answer is a 200. */
  async call(
    path: string,
    requestType: AnyType,
    fields: JsonObject,
    responseType: AnyType,
  ): Promise<JsonObject> {
    const body = encode(requestType, fromJson(requestType, fields));
    const headers = {
      'Content-Type': 'application/x-protobuf',
      'Content-Length': `${body.length}`,
    };
    const answer = await this.send({ method: 'POST', path, headers, body });
    if (answer.status !== 200) {
      throw new Error(`POST ${path} → ${answer.status} ${answer.body.toString('utf8')}`);
    }
    return toJson(responseType, decode(responseType, answer.body));
  }

  /** A read that cannot fail: the records of `field` in the answer. */
  async list(
    path: string,
    requestName: string,
    responseName: string,
    field: string,
    fields: JsonObject = {},
  ): Promise<JsonObject[]> {
    const answer = await this.call(path, typeNamed(requestName), fields, typeNamed(responseName));
    if (answer['error'] !== undefined) {
      throw new Error(`POST ${path} → ${JSON.stringify(answer['error'])}`);
    }
    return [...((answer[field] ?? []) as readonly JsonObject[])];
  }

  close(): void {
    this.#agent.destroy();
  }
}
