/** Events of the group stream as the receptor tells them: plain JSON (diego.md §12.3). */
import type { ActualLRPGroup } from '../bbs/messages/actual-lrp.ts';
import type { Of } from '../bbs/messages/common.ts';
import type { DesiredLRP } from '../bbs/messages/desired-lrp.ts';
import type {
  ActualLRPChangedEvent,
  ActualLRPCreatedEvent,
  DesiredLRPChangedEvent,
  DesiredLRPCreatedEvent,
} from '../bbs/messages/events.ts';
import { desiredLrpJson, groupJson } from './resources.ts';

const desired = (lrp: DesiredLRP | undefined) => (lrp === undefined ? null : desiredLrpJson(lrp));
const actual = (group: ActualLRPGroup | undefined) => groupJson(group) ?? null;

const desiredOne = (message: unknown) => ({
  desired_lrp: desired((message as Of<typeof DesiredLRPCreatedEvent>).desired_lrp),
});
const actualOne = (message: unknown) => ({
  actual_lrp: actual((message as Of<typeof ActualLRPCreatedEvent>).actual_lrp_group),
});

/** By name. The receptor of 2015 knew no others. */
const FORMS = new Map<string, (message: unknown) => object>([
  ['desired_lrp_created', desiredOne],
  ['desired_lrp_removed', desiredOne],
  [
    'desired_lrp_changed',
    (message) => {
      const { before, after } = message as Of<typeof DesiredLRPChangedEvent>;
      return { desired_lrp_before: desired(before), desired_lrp_after: desired(after) };
    },
  ],
  ['actual_lrp_created', actualOne],
  ['actual_lrp_removed', actualOne],
  [
    'actual_lrp_changed',
    (message) => {
      const { before, after } = message as Of<typeof ActualLRPChangedEvent>;
      // Each with its own evacuating flag; the original took that of `after` for both.
      return { actual_lrp_before: actual(before), actual_lrp_after: actual(after) };
    },
  ],
]);

/** The data line of an event; undefined for those that the receptor does not tell. */
export function eventJson(name: string, message: unknown): string | undefined {
  const form = FORMS.get(name);
  return form === undefined ? undefined : JSON.stringify(form(message));
}
