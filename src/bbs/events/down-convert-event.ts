/** Events of the deprecated streams: the desired LRPs and tasks in them in their old form. */
import { desiredLrpForR0, taskForR2 } from '../../model/bbs/down-convert.ts';
import type { DesiredLRP } from '../../model/bbs/messages/desired-lrp.ts';
import type { Task } from '../../model/bbs/messages/tasks.ts';
import { encode } from '../../model/protobuf/encode.ts';
import type { BbsEvent } from './hub.ts';

type Fields = Readonly<Record<string, unknown>>;

function convert(name: string, field: string, value: unknown): unknown {
  if (value === undefined || field === 'trace_id') return value;
  return name.startsWith('task_') ? taskForR2(value as Task) : desiredLrpForR0(value as DesiredLRP);
}

export function downConvertEvent(event: BbsEvent): BbsEvent {
  const { name, type } = event;
  if (!name.startsWith('task_') && !name.startsWith('desired_')) return event;
  const message = Object.fromEntries(
    Object.entries(event.message as Fields).map(([field, value]) => [
      field,
      convert(name, field, value),
    ]),
  );
  return { ...event, message, encoded: encode(type, message) };
}
