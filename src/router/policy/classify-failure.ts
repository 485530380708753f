import type { RouterErrorName } from './router-errors.ts';

/** What went wrong between router and endpoint, free of any engine's error objects. */
export type FailureKind =
  | 'dial'
  | 'eof'
  | 'reset'
  | 'timeout'
  | 'bad-response'
  | 'unasked-upgrade'
  | 'client-gone'
  | 'no-endpoint'
  | 'tls-not-spoken'
  | 'tls-handshake'
  | 'tls-handshake-timeout'
  | 'tls-name'
  | 'tls-untrusted'
  | 'tls-certificate-refused';

export interface Failure {
  readonly kind: FailureKind;
  /** The cause in the words of the original, so that alert rules keep working. */
  readonly text: string;
  /** Head written to the endpoint at least in part. */
  readonly wasSent: boolean;
}

/** What the failure means for the endpoint (gorouter.md §3.5). */
export type EndpointEffect = 'none' | 'mark' | 'remove';

interface Class {
  readonly error: RouterErrorName;
  /** The connection could not be made: nothing of the request reached the app. */
  readonly isConnectPhase: boolean;
}

const CLASSES: Readonly<Record<FailureKind, Class>> = {
  dial: { error: 'endpointFailure', isConnectPhase: true },
  eof: { error: 'endpointFailure', isConnectPhase: false },
  reset: { error: 'endpointFailure', isConnectPhase: false },
  timeout: { error: 'endpointFailure', isConnectPhase: false },
  'bad-response': { error: 'endpointFailure', isConnectPhase: false },
  'unasked-upgrade': { error: 'upgradeMismatch', isConnectPhase: false },
  'client-gone': { error: 'clientGone', isConnectPhase: false },
  'no-endpoint': { error: 'endpointFailure', isConnectPhase: false },
  'tls-not-spoken': { error: 'tlsHandshake', isConnectPhase: true },
  'tls-handshake': { error: 'tlsHandshake', isConnectPhase: true },
  'tls-handshake-timeout': { error: 'endpointFailure', isConnectPhase: true },
  'tls-name': { error: 'invalidIdentity', isConnectPhase: true },
  'tls-untrusted': { error: 'untrustedCertificate', isConnectPhase: true },
  'tls-certificate-refused': { error: 'certificateRefused', isConnectPhase: true },
};

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

export interface RequestTraits {
  readonly method: string;
  readonly hasBody: boolean;
  readonly hasIdempotencyKey: boolean;
}

/** Whether sending it twice does no harm (gorouter.md §5.11 rule 3). */
export const isRepeatable = (request: RequestTraits): boolean =>
  !request.hasBody && (SAFE_METHODS.has(request.method) || request.hasIdempotencyKey);

export interface Verdict {
  readonly error: RouterErrorName;
  readonly cause: string;
  readonly isRetriable: boolean;
  readonly effect: EndpointEffect;
}

/** Retry and prune decisions as a table of classes (gorouter.md §3.5, §5.10, §5.11). */
export function classifyFailure(
  failure: Failure,
  request: RequestTraits,
  isTlsEndpoint: boolean,
): Verdict {
  const { error, isConnectPhase } = CLASSES[failure.kind];
  const isRepeatableEof = failure.kind === 'eof' && isRepeatable(request);
  const isRetriable =
    failure.kind !== 'client-gone' &&
    failure.kind !== 'no-endpoint' &&
    failure.kind !== 'timeout' &&
    (isConnectPhase || !failure.wasSent || isRepeatableEof);
  let effect: EndpointEffect = 'none';
  if (isConnectPhase) effect = isTlsEndpoint ? 'remove' : 'mark';
  else if (failure.kind === 'reset') effect = 'mark';
  const cause = isRepeatableEof ? `${failure.text} (via idempotent request)` : failure.text;
  return { error, cause, isRetriable, effect };
}
