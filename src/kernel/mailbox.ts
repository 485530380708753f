import type { AnyActorRef, EventObject } from 'xstate';
import type { DeadLetterReason } from './dead-letters.ts';

export interface MailboxOptions {
  /** Events that may wait for one actor. */
  readonly capacity: number;
  /** Events handed over per turn, so that no actor keeps the event loop. */
  readonly batch: number;
  /** The actor that bears the name now. */
  readonly find: (name: string) => AnyActorRef | undefined;
  readonly defer: (fn: () => void) => void;
  readonly onDeadLetter: (to: string, eventType: string, reason: DeadLetterReason) => void;
}

interface Letter {
  readonly event: EventObject;
  readonly isOptional: boolean;
}

interface Mailbox {
  readonly name: string;
  readonly queue: Letter[];
  isScheduled: boolean;
}

export interface Mailboxes {
  /** `isOptional`: that nobody bears the name is no loss, so it leaves no dead letter. */
  put(name: string, event: EventObject, isOptional: boolean): boolean;
  depth(name: string): number;
}

/**
 * A bounded queue per name, drained in batches in a turn of its own. It belongs to the name, not
 * to the actor: a restart between putting and draining loses nothing. While nobody bears the name
 * events become dead letters, so an actor that starts reads the state of the world itself.
 */
export function createMailboxes(options: MailboxOptions): Mailboxes {
  const mailboxes = new Map<string, Mailbox>();

  function drain(mailbox: Mailbox): void {
    mailbox.isScheduled = false;
    const batch = mailbox.queue.splice(0, options.batch);
    if (mailbox.queue.length > 0) schedule(mailbox);
    for (const { event, isOptional } of batch) {
      const ref = options.find(mailbox.name);
      if (ref?.getSnapshot().status === 'active') ref.send(event);
      else if (!isOptional) {
        const reason = ref === undefined ? 'no-such-actor' : 'actor-stopped';
        options.onDeadLetter(mailbox.name, event.type, reason);
      }
    }
  }

  function schedule(mailbox: Mailbox): void {
    if (mailbox.isScheduled) return;
    mailbox.isScheduled = true;
    options.defer(() => drain(mailbox));
  }

  return {
    put(name, event, isOptional) {
      let mailbox = mailboxes.get(name);
      if (mailbox === undefined) {
        if (options.find(name) === undefined) {
          if (!isOptional) options.onDeadLetter(name, event.type, 'no-such-actor');
          return false;
        }
        mailbox = { name, queue: [], isScheduled: false };
        mailboxes.set(name, mailbox);
      }
      if (mailbox.queue.length >= options.capacity) {
        options.onDeadLetter(name, event.type, 'mailbox-full');
        return false;
      }
      mailbox.queue.push({ event, isOptional });
      schedule(mailbox);
      return true;
    },
    depth: (name) => mailboxes.get(name)?.queue.length ?? 0,
  };
}
