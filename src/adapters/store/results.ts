import type {
  StoreError,
  StoreErrorCode,
  StoreResult,
  Watch,
  WatchListener,
} from '../../ports/store.ts';

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

export const CLOSED = failure('unavailable', 'the store is closed');

/** A watch that only tells why it is over, after its owner has got hold of it. */
export function failedWatch(error: StoreError, listener: WatchListener): Watch {
  let isOver = false;
  queueMicrotask(() => {
    if (!isOver) listener.onEnd(error);
  });
  return {
    cancel() {
      isOver = true;
    },
  };
}
