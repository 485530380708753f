/** One operation of the API: where it is, what it takes and gives (diego.md §1.3, §1.4). */
import type { BbsError } from '../../model/bbs/errors.ts';
import { ERROR_TYPES } from '../../model/bbs/errors.ts';
import type { ErrorMessage } from '../../model/bbs/messages/common.ts';
import type { RequestRules } from '../../model/bbs/validation/request-problem.ts';
import type { MessageType } from '../../model/protobuf/fields.ts';
import type { BbsState } from '../state.ts';

/** Fields of the response, or the response encoded already. */
export type Answer = object | Buffer;

export interface Route {
  readonly path: string;
  readonly methods: readonly ('GET' | 'POST')[];
  readonly request: MessageType<unknown>;
  readonly response: MessageType<unknown>;
  /** The body is not even looked at (§1.1). */
  readonly isBodyIgnored: boolean;
  /** Whose rules the request is checked by: metric tags, timeouts (Appendix B). */
  readonly rules: RequestRules;
  run(state: BbsState, request: unknown, traceId: string): Answer | Promise<Answer>;
}

interface Options {
  readonly methods?: Route['methods'];
  readonly isBodyIgnored?: boolean;
  readonly rules?: RequestRules;
}

const RULES_OF_TODAY: RequestRules = {
  isMetricTagsNeeded: true,
  isNanosecondTimeoutTaken: false,
};
export const RULES_OF_2015: RequestRules = {
  isMetricTagsNeeded: false,
  isNanosecondTimeoutTaken: true,
};

export const route = <Q, R>(
  path: string,
  request: MessageType<Q>,
  response: MessageType<R>,
  run: (
    state: BbsState,
    request: Q,
    traceId: string,
  ) => Partial<R> | Buffer | Promise<Partial<R> | Buffer>,
  { methods = ['POST'], isBodyIgnored = false, rules = RULES_OF_TODAY }: Options = {},
): Route => ({
  path,
  methods,
  request: request as MessageType<unknown>,
  response: response as MessageType<unknown>,
  isBodyIgnored,
  rules,
  run: run as Route['run'],
});

export const errorMessage = ({ type, message }: BbsError): ErrorMessage => ({
  type: ERROR_TYPES[type],
  message,
});

/** The `error` field of a response; absent on success. */
export const withError = (error: BbsError | undefined) => ({
  error: error && errorMessage(error),
});
