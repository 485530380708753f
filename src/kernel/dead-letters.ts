/** Why an event reached nobody. */
export type DeadLetterReason = 'no-such-actor' | 'mailbox-full' | 'actor-stopped';

export interface DeadLetter {
  readonly atMs: number;
  readonly to: string;
  readonly eventType: string;
  readonly reason: DeadLetterReason;
}

export interface DeadLetters {
  add(letter: DeadLetter): void;
  /** The newest ones, oldest first. */
  recent(): readonly DeadLetter[];
  readonly counts: Readonly<Record<DeadLetterReason, number>>;
}

export function createDeadLetters(capacity: number): DeadLetters {
  const letters: DeadLetter[] = [];
  const counts = { 'no-such-actor': 0, 'mailbox-full': 0, 'actor-stopped': 0 };
  return {
    add(letter) {
      counts[letter.reason] += 1;
      letters.push(letter);
      if (letters.length > capacity) letters.shift();
    },
    recent: () => letters,
    counts,
  };
}
