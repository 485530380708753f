import { type EventObject, fromCallback } from 'xstate';

/**
 * Stands in a machine for a resource that the component provides. Starting a machine that was
 * not given its resource is a bug, so it crashes at once.
 */
export const toBeProvided = <TInput = Record<string, never>>() =>
  fromCallback<EventObject, TInput>(() => {
    throw new Error('a resource of this machine was not provided');
  });
