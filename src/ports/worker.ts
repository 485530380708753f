/** Threads of this process that have their own event loop and memory, and talk by messages. */

export interface WorkerListener {
  /** A copy of what the thread posted. */
  onMessage(message: unknown): void;
  /** Code of the thread threw, or a message could not be read; the thread ends. */
  onError(error: Error): void;
  /** The thread is gone; nothing follows. */
  onExit(code: number): void;
}

export interface WorkerThread {
  /** Hands over a copy; after the thread's end nothing happens. */
  post(message: unknown): void;
  /** Ends the thread at once, wherever it is; its sockets are closed with it. */
  terminate(): void;
}

export interface WorkerThreads {
  /** `input` is copied, so it must be plain data. */
  start(input: unknown, listener: WorkerListener): WorkerThread;
}

/** What a thread sees of whoever started it. */
export interface ParentThread {
  readonly input: unknown;
  post(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
}
