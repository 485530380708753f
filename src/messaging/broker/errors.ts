/** The texts of -ERR, exact (cfv1.md §10.8). */
export const ERROR_TEXT = {
  unknownOperation: 'Unknown Protocol Operation',
  authorizationViolation: 'Authorization Violation',
  authenticationTimeout: 'Authentication Timeout',
  staleConnection: 'Stale Connection',
  maximumPayload: 'Maximum Payload Violation',
  maximumControlLine: 'maximum control line exceeded',
  maximumConnections: 'maximum connections exceeded',
  maximumSubscriptions: 'maximum subscriptions exceeded',
  invalidSubject: 'Invalid Subject',
  invalidPublishSubject: 'Invalid Publish Subject',
  invalidClientProtocol: 'invalid client protocol',
  noRespondersNeedsHeaders: 'no responders requires headers support',
} as const;

export function publishViolation(subject: string): string {
  return `Permissions Violation for Publish to "${subject}"`;
}

export function subscriptionViolation(subject: string, queue: string): string {
  const suffix = queue === '' ? '' : ` using queue "${queue}"`;
  return `Permissions Violation for Subscription to "${subject}"${suffix}`;
}

/** Why a connection ended, in the words of nats-server's monitoring. */
export type CloseReason =
  | 'Client Closed'
  | 'Authentication Timeout'
  | 'Authentication Failure'
  | 'Slow Consumer (Pending Bytes)'
  | 'Slow Consumer (Write Deadline)'
  | 'Parse Error'
  | 'Stale Connection'
  | 'Protocol Violation'
  | 'Bad Client Protocol Version'
  | 'Maximum Connections Exceeded'
  | 'Maximum Message Payload Exceeded'
  | 'Maximum Control Line Exceeded'
  | 'No Responders Requires Headers'
  | 'Server Shutdown'
  | 'Internal Error';
