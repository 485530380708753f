/** The gRPC service `models.Locket` as method tables for server and client (diego.md §8). */
import type { MethodDefinition } from '@grpc/grpc-js';
import {
  FetchAllRequest,
  FetchAllResponse,
  FetchRequest,
  FetchResponse,
  LockRequest,
  LockResponse,
  ReleaseRequest,
  ReleaseResponse,
} from '../model/bbs/messages/locket.ts';
import { decode } from '../model/protobuf/decode.ts';
import { encode } from '../model/protobuf/encode.ts';
import type { MessageType } from '../model/protobuf/fields.ts';

/** A call with one request and one answer. A message that cannot be read ends it as INTERNAL. */
const unary = <Q, R>(
  name: string,
  request: MessageType<Q>,
  response: MessageType<R>,
): MethodDefinition<Q, R> => ({
  path: `/models.Locket/${name}`,
  requestStream: false,
  responseStream: false,
  requestSerialize: (message) => encode(request, message),
  requestDeserialize: (bytes) => decode(request, bytes),
  responseSerialize: (message) => encode(response, message),
  responseDeserialize: (bytes) => decode(response, bytes),
});

export const LOCKET_SERVICE = {
  Lock: unary('Lock', LockRequest, LockResponse),
  Fetch: unary('Fetch', FetchRequest, FetchResponse),
  Release: unary('Release', ReleaseRequest, ReleaseResponse),
  FetchAll: unary('FetchAll', FetchAllRequest, FetchAllResponse),
} as const;
