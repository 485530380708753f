/** Error answers of the receptor: a status, a name and a text (diego.md §12.1). */
import { ERROR_TYPES, type ErrorType } from '../../model/bbs/errors.ts';
import type { ErrorMessage } from '../../model/bbs/messages/common.ts';

export type ReceptorErrorName =
  | 'TaskGuidAlreadyExists'
  | 'TaskNotDeletable'
  | 'TaskNotFound'
  | 'InvalidTask'
  | 'DesiredLRPAlreadyExists'
  | 'DesiredLRPNotFound'
  | 'InvalidLRP'
  | 'InvalidDomain'
  | 'InvalidJSON'
  | 'InvalidRequest'
  | 'UnknownError'
  | 'Unauthorized'
  | 'ActualLRPIndexNotFound'
  | 'ResourceConflict';

export interface Answer {
  readonly status: number;
  /** Undefined: no body. */
  readonly json?: unknown;
}

export const refusal = (status: number, name: ReceptorErrorName, message: string): Answer => ({
  status,
  json: { name, message },
});

/** What the BBS refused. */
export type BbsFailure = ErrorMessage | undefined;

export const isType = (error: BbsFailure, type: ErrorType): boolean =>
  error !== undefined && error.type === ERROR_TYPES[type];

export const unknownError = (message: string): Answer => refusal(500, 'UnknownError', message);

export const taskNotFound = (guid: string): Answer =>
  refusal(404, 'TaskNotFound', `task with guid '${guid}' not found`);

export const desiredNotFound = (guid: string): Answer =>
  refusal(404, 'DesiredLRPNotFound', `Desired LRP with guid '${guid}' not found`);

export const indexNotFound = (guid: string, index: number): Answer =>
  refusal(
    404,
    'ActualLRPIndexNotFound',
    `process-guid '${guid}' does not exist or has no instance at index ${index}`,
  );
