import type { StoreError, StoreErrorCode, StoreResult } from '../../ports/store.ts';

export interface Failure {
  readonly ok: false;
  readonly error: StoreError;
}

export const failure = (code: StoreErrorCode, message: string): Failure => ({
  ok: false,
  error: { code, message },
});

export const success = <T>(value: T): StoreResult<T> => ({ ok: true, value });

export const DONE: StoreResult<void> = { ok: true, value: undefined };
