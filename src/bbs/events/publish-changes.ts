/** Turns what one revision changed into events for those who listen. */
import type { Generation } from '../../../machines/bbs/lrp.context.ts';
import type { DesiredLRP } from '../../model/bbs/messages/desired-lrp.ts';
import {
  DesiredLRPChangedEvent,
  DesiredLRPCreatedEvent,
  DesiredLRPRemovedEvent,
  TaskChangedEvent,
  TaskCreatedEvent,
  TaskRemovedEvent,
} from '../../model/bbs/messages/events.ts';
import type { Task } from '../../model/bbs/messages/tasks.ts';
import type { ChangeSet } from '../image/apply-changes.ts';
import { groupEvents, groupEvents2015, instanceEvents, makeEvent } from './derive-actual-events.ts';
import type { BbsEvent, EventHub } from './hub.ts';

function desiredEvent(
  before: DesiredLRP | undefined,
  after: DesiredLRP | undefined,
  trace_id: string,
): BbsEvent | undefined {
  const old = before;
  const next = after;
  if (old === undefined) {
    if (next === undefined) return undefined;
    const fields = { desired_lrp: next, trace_id };
    return makeEvent('desired_lrp_created', DesiredLRPCreatedEvent, fields, undefined);
  }
  if (next === undefined) {
    const fields = { desired_lrp: old, trace_id };
    return makeEvent('desired_lrp_removed', DesiredLRPRemovedEvent, fields, undefined);
  }
  const fields = { before: old, after: next, trace_id };
  return makeEvent('desired_lrp_changed', DesiredLRPChangedEvent, fields, undefined);
}

function taskEvent(before: Task | undefined, after: Task | undefined): BbsEvent | undefined {
  if (before === undefined) {
    return after && makeEvent('task_created', TaskCreatedEvent, { task: after }, undefined);
  }
  if (after === undefined) {
    return makeEvent('task_removed', TaskRemovedEvent, { task: before }, undefined);
  }
  return makeEvent('task_changed', TaskChangedEvent, { before, after }, undefined);
}

/** Nobody listens: nothing is made. */
export function publishChanges(hub: EventHub, changes: ChangeSet, generation: Generation): void {
  const { desireds, slots, tasks, note } = changes;
  const [hasInstance, hasGroup] = [hub.has('instance'), hub.has('group')];
  if (hasInstance || hasGroup) {
    const ofDesired = desireds.flatMap(({ before, after }) => {
      const event = desiredEvent(before, after, note.traceId);
      return event === undefined ? [] : [event];
    });
    if (hasInstance) {
      hub.publish('instance', [
        ...ofDesired,
        ...slots.flatMap(({ before, after }) => instanceEvents(before, after, note)),
      ]);
    }
    if (hasGroup) {
      hub.publish('group', [
        ...ofDesired,
        ...slots.flatMap(({ before, after }) =>
          generation === '2015' ? groupEvents2015(before, after) : groupEvents(before, after, note),
        ),
      ]);
    }
  }
  if (hub.has('task')) {
    const events = tasks.flatMap(({ before, after }) => taskEvent(before, after) ?? []);
    hub.publish('task', events);
  }
}
