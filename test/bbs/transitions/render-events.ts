/**
 * Events as lines of words, the index first:
 *
 *     0 changed i1@cell-a UNCLAIMED → CLAIMED            of the instance stream
 *     0 created EVACUATING RUNNING i1@cell-a
 *     0 crashed i1@cell-a count=1 reason=boom
 *     0 changed instance CLAIMED i1@cell-a → UNCLAIMED   of groups, slot by slot
 *     task changed Pending → Running
 */
import type { JsonObject } from '../../golden/diego/message-json.ts';
import type { StreamEvent } from '../../golden/diego/recorded-history.ts';
import { asObject, indexOf, keyWord, quoted } from './render-records.ts';

const words = (...parts: readonly (string | undefined)[]): string =>
  parts.filter((part) => part !== undefined && part !== '').join(' ');

const presenceAndState = ({ presence, state }: JsonObject): string =>
  words(presence as string | undefined, state as string | undefined);

const row = (lrp: JsonObject): string =>
  words(presenceAndState(lrp), keyWord(lrp['actual_lrp_instance_key']));

/** In a group the slot tells EVACUATING; SUSPECT rows stand in the slot `instance`. */
function group(slots: JsonObject): string {
  return Object.entries(slots)
    .map(([slot, lrp]) => {
      const { presence, ...rest } = asObject(lrp);
      return words(slot, row(presence === 'SUSPECT' ? { ...rest, presence } : rest));
    })
    .join(' & ');
}

/** The slot is named once: an event is about one. */
function groupChange(before: JsonObject, after: JsonObject): string {
  const [old, now] = [group(before), group(after)];
  const slot = old.slice(0, old.indexOf(' ') + 1);
  return `${old} → ${now.startsWith(slot) ? now.slice(slot.length) : now}`;
}

const groupIndex = (slots: JsonObject): number =>
  indexOf(asObject(slots['instance'] ?? slots['evacuating']));

const taskState = (task: JsonObject): string => (task['state'] as string | undefined) ?? 'none';

/** Undefined for events of desired LRPs: they are no part of these tables. */
export function renderEvent({ event, data }: StreamEvent): string | undefined {
  const [before, after] = [asObject(data['before']), asObject(data['after'])];
  const verb = event.slice(event.lastIndexOf('_') + 1);
  if (event.startsWith('desired_')) return undefined;
  if (event.startsWith('task_')) {
    const change = `${taskState(before)} → ${taskState(after)}`;
    return `task ${verb} ${verb === 'changed' ? change : taskState(asObject(data['task']))}`;
  }
  const key = keyWord(data['actual_lrp_instance_key']);
  switch (event) {
    case 'actual_lrp_crashed': {
      const count = `count=${data['crash_count']}`;
      return words(
        `${indexOf(data)} crashed`,
        key,
        count,
        `reason=${quoted(data['crash_reason'])}`,
      );
    }
    case 'actual_lrp_instance_changed': {
      const change = `${presenceAndState(before)} → ${presenceAndState(after)}`;
      return words(`${indexOf(data)} changed`, key, change);
    }
    case 'actual_lrp_changed':
      return `${groupIndex(after)} changed ${groupChange(before, after)}`;
    case 'actual_lrp_created':
    case 'actual_lrp_removed': {
      const slots = asObject(data['actual_lrp_group']);
      return `${groupIndex(slots)} ${verb} ${group(slots)}`;
    }
    default: {
      const lrp = asObject(data['actual_lrp']);
      return `${indexOf(lrp)} ${verb} ${row(lrp)}`;
    }
  }
}
