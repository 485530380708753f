/** From bytes to bytes: decode, validate, run, encode (diego.md §1.1). */
import { type BbsError, bbsError, invalidRequest } from '../../model/bbs/errors.ts';
import { EvacuationResponse } from '../../model/bbs/messages/actual-lrp.ts';
import {
  keepContainerWhenRefused,
  requestProblem,
} from '../../model/bbs/validation/request-problem.ts';
import { DecodeError, decode } from '../../model/protobuf/decode.ts';
import { encode } from '../../model/protobuf/encode.ts';
import type { MessageType } from '../../model/protobuf/fields.ts';
import { fromJson, toJson } from '../../model/protobuf/json.ts';
import type { BbsState } from '../state.ts';
import { type Answer, errorMessage, type Route } from './route.ts';

export type BodyFormat = 'protobuf' | 'json';

type Read =
  | { readonly ok: true; readonly request: unknown }
  | { readonly ok: false; readonly error: BbsError };

function readJson(type: MessageType<unknown>, body: Buffer): Read {
  let parsed: unknown;
  try {
    parsed = body.length === 0 ? {} : JSON.parse(body.toString('utf8'));
  } catch (error) {
    return { ok: false, error: { type: 'InvalidJSON', message: (error as Error).message } };
  }
  const result = fromJson(type, parsed);
  if (result.ok) return { ok: true, request: result.value };
  return { ok: false, error: { type: 'InvalidJSON', message: result.problem } };
}

function readProtobuf(type: MessageType<unknown>, body: Buffer): Read {
  try {
    return { ok: true, request: decode(type, body) };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { ok: false, error: bbsError('InvalidRequest') };
  }
}

/** An evacuation that cannot even be understood leaves the container alone (§1.4). */
function refusal(route: Route, error: BbsError): object {
  const message = { error: errorMessage(error) };
  if (route.response.name !== EvacuationResponse.name) return message;
  return { ...message, keep_container: keepContainerWhenRefused(route.request) };
}

const written = (route: Route, answer: Answer, format: BodyFormat): Buffer => {
  const { response } = route;
  if (format === 'protobuf') {
    return Buffer.isBuffer(answer) ? answer : encode(response, response.create(answer));
  }
  const message = Buffer.isBuffer(answer) ? decode(response, answer) : response.create(answer);
  return Buffer.from(`${JSON.stringify(toJson(response, message))}\n`);
};

/** Runs a request that is a message already; the answer is a message or its bytes. */
export async function runRoute(
  state: BbsState,
  route: Route,
  request: unknown,
  traceId: string,
): Promise<Answer> {
  if (!route.isBodyIgnored) {
    const problem = requestProblem(route.request, request, route.rules);
    if (problem !== undefined) return refusal(route, invalidRequest(problem));
  }
  return await route.run(state, request, traceId);
}

export async function runOperation(
  state: BbsState,
  route: Route,
  body: Buffer,
  format: BodyFormat,
  traceId: string,
): Promise<Buffer> {
  if (route.isBodyIgnored) return written(route, await route.run(state, {}, traceId), format);
  const read = (format === 'json' ? readJson : readProtobuf)(route.request, body);
  if (!read.ok) return written(route, refusal(route, read.error), format);
  return written(route, await runRoute(state, route, read.request, traceId), format);
}
