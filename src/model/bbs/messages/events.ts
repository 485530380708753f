/** What the event streams carry (diego.md §2.10). */
import { embedded, int32, int64, message, string } from '../../protobuf/fields.ts';
import {
  ActualLRP,
  ActualLRPGroup,
  ActualLRPInfo,
  ActualLRPInstanceKey,
  ActualLRPKey,
} from './actual-lrp.ts';
import { DesiredLRP } from './desired-lrp.ts';
import { Task } from './tasks.ts';

const desired_lrp = embedded(1, () => DesiredLRP);
const actual_lrp = embedded(1, () => ActualLRP);
const actual_lrp_group = embedded(1, () => ActualLRPGroup);
const task = embedded(1, () => Task);
const trace_id = string(2);

export const DesiredLRPCreatedEvent = message('DesiredLRPCreatedEvent', { desired_lrp, trace_id });
export const DesiredLRPChangedEvent = message('DesiredLRPChangedEvent', {
  before: embedded(1, () => DesiredLRP),
  after: embedded(2, () => DesiredLRP),
  trace_id: string(3),
});
export const DesiredLRPRemovedEvent = message('DesiredLRPRemovedEvent', { desired_lrp, trace_id });

export const ActualLRPCreatedEvent = message('ActualLRPCreatedEvent', { actual_lrp_group });
export const ActualLRPChangedEvent = message('ActualLRPChangedEvent', {
  before: embedded(1, () => ActualLRPGroup),
  after: embedded(2, () => ActualLRPGroup),
});
export const ActualLRPRemovedEvent = message('ActualLRPRemovedEvent', { actual_lrp_group });

export const ActualLRPCrashedEvent = message('ActualLRPCrashedEvent', {
  actual_lrp_key: embedded(1, () => ActualLRPKey),
  actual_lrp_instance_key: embedded(2, () => ActualLRPInstanceKey),
  crash_count: int32(3),
  crash_reason: string(4),
  since: int64(5),
});

export const ActualLRPInstanceCreatedEvent = message('ActualLRPInstanceCreatedEvent', {
  actual_lrp,
  trace_id,
});
export const ActualLRPInstanceChangedEvent = message('ActualLRPInstanceChangedEvent', {
  actual_lrp_key: embedded(1, () => ActualLRPKey),
  actual_lrp_instance_key: embedded(2, () => ActualLRPInstanceKey),
  before: embedded(3, () => ActualLRPInfo),
  after: embedded(4, () => ActualLRPInfo),
  trace_id: string(5),
});
export const ActualLRPInstanceRemovedEvent = message('ActualLRPInstanceRemovedEvent', {
  actual_lrp,
  trace_id,
});

export const TaskCreatedEvent = message('TaskCreatedEvent', { task });
export const TaskChangedEvent = message('TaskChangedEvent', {
  before: embedded(1, () => Task),
  after: embedded(2, () => Task),
});
export const TaskRemovedEvent = message('TaskRemovedEvent', { task });

/** The body of a subscription. */
export const EventsByCellId = message('EventsByCellId', { cell_id: string(1) });
