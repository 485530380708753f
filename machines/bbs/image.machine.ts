/**
 * Keeps the image of the records in step with the store (DESIGN §5).
 *
 *   loading ── IMAGE_LOADED ─► following ── IMAGE_OUTDATED ─► pausing ─► loading
 *
 * Requests are answered while it follows; before and between they are told to come back (503).
 */
import { assign, setup } from 'xstate';
import { announceReady, crash } from '../kernel/actions.ts';
import { toBeProvided } from '../kernel/placeholder.ts';
import type { ImageEvent } from './bbs.events.ts';

/** Before the store is asked again. */
const PAUSE_MS = 200;

export const imageMachine = setup({
  types: {
    context: {} as { readonly records: number; readonly reloads: number },
    events: {} as ImageEvent,
  },
  actors: { follow: toBeProvided() },
  delays: { pause: PAUSE_MS },
  actions: {
    crash,
    setRecords: assign(({ context, event }) => ({
      records: event.type === 'IMAGE_LOADED' ? event.records : context.records,
    })),
    countReload: assign(({ context }) => ({ reloads: context.reloads + 1 })),
    openRequests: () => {},
    closeRequests: () => {},
    logOutdated: () => {},
  },
}).createMachine({
  id: 'image',
  options: { maxIterations: 1000 },
  context: { records: 0, reloads: 0 },
  on: { RESOURCE_FAILED: { actions: 'crash' }, SHUTDOWN: '.ended' },
  initial: 'attached',
  states: {
    attached: {
      invoke: { id: 'follow', src: 'follow', input: {} },
      initial: 'loading',
      on: { IMAGE_OUTDATED: { target: 'pausing', actions: ['logOutdated', 'countReload'] } },
      states: {
        loading: {
          on: { IMAGE_LOADED: { target: 'following', actions: 'setRecords' } },
        },
        following: {
          entry: ['openRequests', announceReady()],
          exit: 'closeRequests',
        },
      },
    },
    pausing: { after: { pause: 'attached' } },
    ended: { type: 'final' },
  },
});
