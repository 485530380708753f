import { ERROR_TYPES } from '../../../src/model/bbs/errors.ts';
import type { ErrorMessage } from '../../../src/model/bbs/messages/common.ts';
import { decode } from '../../../src/model/protobuf/decode.ts';
import { encode } from '../../../src/model/protobuf/encode.ts';
import type { MessageType } from '../../../src/model/protobuf/fields.ts';
import { BbsClient } from '../../golden/diego/bbs-client.ts';

type Headers = Readonly<Record<string, string>>;

/** `call(type, fields)` over protobuf and HTTP, as a component of the original would. */
export class TypedClient extends BbsClient {
  async post<Q, R>(
    path: string,
    request: MessageType<Q>,
    response: MessageType<R>,
    fields: Partial<Q> = {},
    headers: Headers = {},
  ): Promise<R> {
    const answer = await this.send('POST', path, encode(request, request.create(fields)), headers);
    if (answer.status !== 200) throw new Error(`${path}: status ${answer.status}`);
    return decode(response, answer.body);
  }
}

/** `ok`, or the name of the error (diego.md §1.2). */
export function outcomeOf({ error }: { readonly error: ErrorMessage | undefined }): string {
  if (error === undefined) return 'ok';
  const found = Object.entries(ERROR_TYPES).find(([, number]) => number === error.type);
  return found?.[0] ?? `error ${error.type}`;
}
