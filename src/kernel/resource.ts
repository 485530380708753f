import { type CallbackActorLogic, type EventObject, fromCallback } from 'xstate';
import type { ResourceFailedEvent } from '../../machines/kernel/supervisor.events.ts';

export interface ResourceScope<TEvent extends EventObject> {
  /** Sends to the machine that invoked this resource; nothing after the clean-up. */
  send(event: TEvent): void;
  /** Crashes the machine: it leaves with this error and its supervisor decides. */
  fail(error: unknown): void;
  /**
   * Wraps a listener of a socket, server or timer. A throw in it crashes the machine instead of
   * the process; after the clean-up the listener does nothing.
   */
  guard<TArguments extends unknown[]>(
    listener: (...args: TArguments) => void,
  ): (...args: TArguments) => void;
}

/**
 * Something that must be closed again: a socket, a server, a subscription. It lives exactly as
 * long as the state that invokes it; the function that `open` returns closes it (DESIGN rule 3).
 */
export function resource<TEvent extends EventObject, TInput>(
  open: (input: TInput, scope: ResourceScope<TEvent>) => () => void,
): CallbackActorLogic<EventObject, TInput, EventObject> {
  return fromCallback<EventObject, TInput>(({ input, sendBack }) => {
    let isOpen = true;
    const fail = (error: unknown): void => {
      if (!isOpen) return;
      const event: ResourceFailedEvent = { type: 'RESOURCE_FAILED', error };
      sendBack(event);
    };
    const close = open(input, {
      send: (event) => {
        if (isOpen) sendBack(event);
      },
      fail,
      guard:
        (listener) =>
        (...args) => {
          if (!isOpen) return;
          try {
            listener(...args);
          } catch (error) {
            fail(error);
          }
        },
    });
    return () => {
      isOpen = false;
      close();
    };
  });
}
