import * as actualLrp from '../../../../src/model/bbs/messages/actual-lrp.ts';
import * as cells from '../../../../src/model/bbs/messages/cells.ts';
import * as common from '../../../../src/model/bbs/messages/common.ts';
import * as desiredLrp from '../../../../src/model/bbs/messages/desired-lrp.ts';
import * as events from '../../../../src/model/bbs/messages/events.ts';
import * as tasks from '../../../../src/model/bbs/messages/tasks.ts';
import type { MessageType } from '../../../../src/model/protobuf/fields.ts';

/** Messages, answers and events by the names that the recordings use. */
export type AnyType = MessageType<unknown>;

const isType = (value: unknown): value is AnyType =>
  typeof value === 'object' && value !== null && 'fields' in value && 'create' in value;

const types = new Map<string, AnyType>(
  [actualLrp, cells, common, desiredLrp, events, tasks]
    .flatMap((module) => Object.values<unknown>(module))
    .filter(isType)
    .map((type) => [type.name, type]),
);

export function typeNamed(name: string): AnyType {
  const type = types.get(name);
  if (type === undefined) throw new Error(`no message is called ${name}`);
  return type;
}

/** The answers of the commands in the histories (diego.md §1.4). */
const RESPONSES: readonly (readonly [path: RegExp, response: string])[] = [
  [/^\/v1\/actual_lrps\/evacuate_/, 'EvacuationResponse'],
  [/^\/v1\/actual_lrps\/remove_evacuating$/, 'RemoveEvacuatingActualLRPResponse'],
  [/^\/v1\/actual_lrps\//, 'ActualLRPLifecycleResponse'],
  [/^\/v1\/desired_lrp\//, 'DesiredLRPLifecycleResponse'],
  [/^\/v1\/tasks\/start$/, 'StartTaskResponse'],
  [/^\/v1\/tasks\//, 'TaskLifecycleResponse'],
  [/^\/v1\/domains\/upsert$/, 'UpsertDomainResponse'],
];

export function responseTypeOf(path: string): AnyType {
  const found = RESPONSES.find(([pattern]) => pattern.test(path));
  if (found === undefined) throw new Error(`no answer is known for ${path}`);
  return typeNamed(found[1]);
}

/** `actual_lrp_instance_created` → ActualLRPInstanceCreatedEvent. */
export function eventTypeOf(event: string): AnyType {
  const words = event.split('_').map((word) => (word === 'lrp' ? 'LRP' : capitalize(word)));
  return typeNamed(`${words.join('')}Event`);
}

const capitalize = (word: string): string => `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
