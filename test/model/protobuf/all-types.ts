/** Every message of the BBS and of Locket, for tests that hold for all of them. */
import * as actions from '../../../src/model/bbs/messages/actions.ts';
import * as actualLrp from '../../../src/model/bbs/messages/actual-lrp.ts';
import * as cells from '../../../src/model/bbs/messages/cells.ts';
import * as common from '../../../src/model/bbs/messages/common.ts';
import * as desiredLrp from '../../../src/model/bbs/messages/desired-lrp.ts';
import * as events from '../../../src/model/bbs/messages/events.ts';
import * as locket from '../../../src/model/bbs/messages/locket.ts';
import * as tasks from '../../../src/model/bbs/messages/tasks.ts';
import type { MessageType } from '../../../src/model/protobuf/fields.ts';

export type AnyType = MessageType<unknown>;

const isType = (value: unknown): value is AnyType =>
  typeof value === 'object' && value !== null && 'fields' in value && 'create' in value;

export const ALL_TYPES: readonly AnyType[] = [
  ...new Set(
    [actions, actualLrp, cells, common, desiredLrp, events, locket, tasks]
      .flatMap((module) => Object.values<unknown>(module))
      .filter(isType),
  ),
];

const byName = new Map(ALL_TYPES.map((type) => [type.name, type]));

export function typeNamed(name: string): AnyType {
  const type = byName.get(name);
  if (type === undefined) throw new Error(`no message ${name}`);
  return type;
}
