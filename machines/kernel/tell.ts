import type { AnyEventObject } from 'xstate';

/**
 * The only way from one component to another: puts the event into the mailbox of the actor that
 * bears this name now. Never calls it directly, so no recursion and no old snapshot (xstate.md
 * §1.6). False: nobody there or mailbox full, and the event is a dead letter.
 */
export type Tell = (name: string, event: AnyEventObject) => boolean;
