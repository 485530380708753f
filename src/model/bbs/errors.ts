/** The errors of the BBS API by number and name (diego.md §1.2). */
export const ERROR_TYPES = {
  UnknownError: 0,
  InvalidDomain: 1,
  UnkownVersion: 2,
  InvalidRecord: 3,
  InvalidRequest: 4,
  InvalidResponse: 5,
  InvalidProtobufMessage: 6,
  InvalidJSON: 7,
  FailedToOpenEnvelope: 8,
  InvalidStateTransition: 9,
  Unauthorized: 10,
  ResourceConflict: 11,
  ResourceExists: 12,
  ResourceNotFound: 13,
  RouterError: 14,
  ActualLRPCannotBeClaimed: 15,
  ActualLRPCannotBeStarted: 16,
  ActualLRPCannotBeCrashed: 17,
  ActualLRPCannotBeFailed: 18,
  ActualLRPCannotBeRemoved: 19,
  ActualLRPCannotBeStopped: 20,
  ActualLRPCannotBeUnclaimed: 21,
  ActualLRPCannotBeEvacuated: 22,
  DesiredLRPCannotBeUpdated: 23,
  RunningOnDifferentCell: 24,
  DesiredLRPSchedulingInfoCannotBeUpdated: 25,
  GUIDGeneration: 26,
  Deserialize: 27,
  Deadlock: 28,
  Unrecoverable: 29,
  LockCollision: 30,
  Timeout: 31,
} as const;

export type ErrorType = keyof typeof ERROR_TYPES;

/** What is refused, and why: an answer, never an exception. */
export interface BbsError {
  readonly type: ErrorType;
  readonly message: string;
}

const TEXTS = {
  UnknownError: 'the request failed for an unknown reason',
  InvalidRequest: 'the request received is invalid',
  ResourceConflict: 'the requested resource is in a conflicting state',
  ResourceExists: 'the requested resource already exists',
  ResourceNotFound: 'the requested resource could not be found',
  ActualLRPCannotBeClaimed: 'cannot claim actual LRP',
  ActualLRPCannotBeStarted: 'cannot start actual LRP',
  ActualLRPCannotBeCrashed: 'cannot crash actual LRP',
  ActualLRPCannotBeFailed: 'cannot fail actual LRP',
  ActualLRPCannotBeRemoved: 'cannot remove actual LRP',
  ActualLRPCannotBeStopped: 'cannot stop actual LRP',
  ActualLRPCannotBeUnclaimed: 'cannot unclaim actual LRP',
  ActualLRPCannotBeEvacuated: 'cannot evacuate actual LRP',
  GUIDGeneration: 'cannot generate random guid',
  Deserialize: 'could not deserialize record',
  Deadlock: 'the request failed due to deadlock',
  LockCollision: 'lock already exists',
} as const satisfies Partial<Record<ErrorType, string>>;

/** Errors with a text of their own. */
export type PlainErrorType = keyof typeof TEXTS;

export const bbsError = (type: PlainErrorType): BbsError => ({ type, message: TEXTS[type] });

export const invalidRequest = (message: string): BbsError => ({ type: 'InvalidRequest', message });

export const runningOnDifferentCell = (actual: string, given: string): BbsError => ({
  type: 'RunningOnDifferentCell',
  message: `Running on cell ${actual} not ${given}`,
});

export const invalidStateTransition = (from: string, to: string): BbsError => ({
  type: 'InvalidStateTransition',
  message: `Cannot transition from ${from} to ${to}`,
});
