/** The operations for the other parts of this process, without HTTP in between. */
import { decode } from '../model/protobuf/decode.ts';
import type { MessageType } from '../model/protobuf/fields.ts';
import type { BbsApi } from './api.ts';
import { ROUTES } from './http/routes.ts';
import { runRoute } from './http/run-operation.ts';
import type { BbsState } from './state.ts';

export function createLocalApi(state: BbsState): BbsApi {
  return {
    async invoke<Q, R>(
      path: string,
      request: MessageType<Q>,
      response: MessageType<R>,
      fields: Partial<Q>,
    ): Promise<R> {
      const route = ROUTES.get(path);
      if (route === undefined) throw new Error(`the BBS has no operation ${path}`);
      const answer = await runRoute(state, route, request.create(fields), '');
      return Buffer.isBuffer(answer)
        ? decode(response, answer)
        : response.create(answer as Partial<R>);
    },
    subscribe: (stream, cellId, listener) => state.hub.subscribe(stream, cellId, listener),
  };
}
