/** The message of each event, by the name in its stream (diego.md §2.10). */
import type { MessageType } from '../protobuf/fields.ts';
import {
  ActualLRPChangedEvent,
  ActualLRPCrashedEvent,
  ActualLRPCreatedEvent,
  ActualLRPInstanceChangedEvent,
  ActualLRPInstanceCreatedEvent,
  ActualLRPInstanceRemovedEvent,
  ActualLRPRemovedEvent,
  DesiredLRPChangedEvent,
  DesiredLRPCreatedEvent,
  DesiredLRPRemovedEvent,
  TaskChangedEvent,
  TaskCreatedEvent,
  TaskRemovedEvent,
} from './messages/events.ts';

const TYPES = {
  desired_lrp_created: DesiredLRPCreatedEvent,
  desired_lrp_changed: DesiredLRPChangedEvent,
  desired_lrp_removed: DesiredLRPRemovedEvent,
  actual_lrp_created: ActualLRPCreatedEvent,
  actual_lrp_changed: ActualLRPChangedEvent,
  actual_lrp_removed: ActualLRPRemovedEvent,
  actual_lrp_crashed: ActualLRPCrashedEvent,
  actual_lrp_instance_created: ActualLRPInstanceCreatedEvent,
  actual_lrp_instance_changed: ActualLRPInstanceChangedEvent,
  actual_lrp_instance_removed: ActualLRPInstanceRemovedEvent,
  task_created: TaskCreatedEvent,
  task_changed: TaskChangedEvent,
  task_removed: TaskRemovedEvent,
} as const;

type MessageIn<T> = T extends MessageType<infer M> ? M : never;

/** An event as it came from a stream; `name` tells what `message` is. */
export type StreamedEvent = {
  readonly [K in keyof typeof TYPES]: {
    readonly name: K;
    readonly message: MessageIn<(typeof TYPES)[K]>;
  };
}[keyof typeof TYPES];

export const EVENT_TYPES: ReadonlyMap<string, MessageType<unknown>> = new Map(
  Object.entries(TYPES as Readonly<Record<string, unknown>>) as [string, MessageType<unknown>][],
);
