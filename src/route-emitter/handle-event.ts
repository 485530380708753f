/** From an event to messages, with the log lines of the original (diego.md §11.3, §11.11). */
import { applyEvent } from './apply-event.ts';
import { actualShown, desiredShown, eventName, messagesShown, SESSIONS } from './log-forms.ts';
import { messagesFor, publishMessages, repeatLater } from './publish-messages.ts';
import { type RouteEmitterState, WATCHER } from './state.ts';
import type { Desired, LrpEvent } from './table/lrp.ts';

type KnownEvent = Exclude<LrpEvent, { readonly type: 'unrecognized' }>;

function eventShown(event: KnownEvent) {
  switch (event.type) {
    case 'desired-created':
    case 'desired-removed':
      return { 'desired-lrp': desiredShown(event.desired) };
    case 'desired-changed':
      return { before: desiredShown(event.before), after: desiredShown(event.after) };
    case 'actual-created':
    case 'actual-removed':
      return { actual: actualShown(event.actual) };
    case 'actual-changed':
      return { before: actualShown(event.before), after: actualShown(event.after) };
  }
}

const guidOf = (event: KnownEvent): string => {
  if ('desired' in event) return event.desired.processGuid;
  return 'actual' in event ? event.actual.processGuid : event.after.processGuid;
};

/** Only of these a lost unregistration would not be told otherwise (§11.7). */
const isRepeated = ({ type }: KnownEvent): boolean =>
  type === 'desired-changed' || type === 'actual-changed';

/** Changes the table and tells the routers at once. */
export function handleEvent(state: RouteEmitterState, event: LrpEvent): void {
  const { log } = state.ports;
  if (event.type === 'unrecognized') {
    log.info(`${WATCHER}.did-not-handle-unrecognizable-event`, { 'event-type': eventName(event) });
    return;
  }
  const prefix = `${WATCHER}.${SESSIONS[event.type]}`;
  const isLogged = log.isEnabled('info');
  const session = state.newSession();
  const data = isLogged ? { ...eventShown(event), session } : undefined;
  if (isLogged) log.info(`${prefix}.starting`, data);
  const messages = messagesFor(state, state.table, guidOf(event), applyEvent(state.table, event));
  if (log.isEnabled('debug')) {
    const shown = { ...data, messages: messagesShown(messages) };
    log.debug(`${prefix}.emitting-messages`, shown);
  }
  publishMessages(state, messages);
  if (isRepeated(event)) repeatLater(state, messages);
  if (isLogged) log.info(`${prefix}.complete`, data);
}

/** Routes of an LRP that were asked for, since an event of its instance came first. */
export function handleRefreshed(state: RouteEmitterState, desired: Desired): void {
  const changes = state.table.setRoutes(undefined, desired);
  publishMessages(state, messagesFor(state, state.table, desired.processGuid, changes));
}
