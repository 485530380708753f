import { describe, expect, test } from 'vitest';
import {
  desiredLrpForR0,
  desiredLrpForR2,
  taskForR2,
} from '../../../src/model/bbs/down-convert.ts';
import {
  Action,
  RunAction,
  SerialAction,
  TimeoutAction,
  TryAction,
} from '../../../src/model/bbs/messages/actions.ts';
import {
  DesiredLRP,
  DesiredLRPSchedulingInfosResponse,
  DesiredLRPsResponse,
  DesireLRPRequest,
} from '../../../src/model/bbs/messages/desired-lrp.ts';
import {
  DesiredLRPChangedEvent,
  DesiredLRPCreatedEvent,
  DesiredLRPRemovedEvent,
  TaskChangedEvent,
  TaskCreatedEvent,
  TaskRemovedEvent,
} from '../../../src/model/bbs/messages/events.ts';
import { TasksResponse } from '../../../src/model/bbs/messages/tasks.ts';
import { asRead, routingInfoOf, schedulingInfoOf } from '../../../src/model/bbs/scheduling-info.ts';
import { decode } from '../../../src/model/protobuf/decode.ts';
import { encode } from '../../../src/model/protobuf/encode.ts';
import type { MessageType } from '../../../src/model/protobuf/fields.ts';
import { bytesOf, RECORDED_LINES, type RecordedEvent, recordedLine } from './recorded-lines.ts';

function answerOf<T>(n: number, type: MessageType<T>): T {
  const response = recordedLine(n).exchanges[0]?.response;
  return decode(type, bytesOf(response?.body_hex));
}

/** Lists of everything, one after the other on the same store. */
const LINES = {
  desiredR2: 327,
  desiredR3: 329,
  routing: 321,
  scheduling: 323,
  tasksR2: 348,
  tasksR3: 350,
};

const desiredLrps = answerOf(LINES.desiredR3, DesiredLRPsResponse).desired_lrps;
const tasks = answerOf(LINES.tasksR3, TasksResponse).tasks;

const eventsOf = (stream: string): readonly RecordedEvent[] =>
  RECORDED_LINES.flatMap(({ streams }) => streams?.[stream]?.events ?? []);

/** The events of one name on a stream of today and on its forerunner, side by side. */
function eventPairs<T>(stream: string, name: string, type: MessageType<T>): readonly [T, T][] {
  const read = (own: string): readonly T[] =>
    eventsOf(own)
      .filter(({ event }) => event === name)
      .map(({ body_hex }) => decode(type, bytesOf(body_hex)));
  const old = read(`${stream} r0`);
  return read(stream).map((event, index) => [event, old[index] as T]);
}

describe('deprecated routes', () => {
  test('desired LRPs of r2', () => {
    const recorded = answerOf(LINES.desiredR2, DesiredLRPsResponse).desired_lrps;
    expect(desiredLrps.map(desiredLrpForR2)).toEqual(recorded);
    expect(recorded).not.toEqual(desiredLrps);
  });

  test('tasks of r2', () => {
    const recorded = answerOf(LINES.tasksR2, TasksResponse).tasks;
    expect(tasks.map(taskForR2)).toEqual(recorded);
    expect(recorded).not.toEqual(tasks);
  });

  test.each(['group', 'instance'])('desired LRPs on the r0 %s stream', (stream) => {
    const created = eventPairs(stream, 'desired_lrp_created', DesiredLRPCreatedEvent);
    const removed = eventPairs(stream, 'desired_lrp_removed', DesiredLRPRemovedEvent);
    const changed = eventPairs(stream, 'desired_lrp_changed', DesiredLRPChangedEvent);
    const pairs = [
      ...[...created, ...removed].map(([now, old]) => [now.desired_lrp, old.desired_lrp] as const),
      ...changed.flatMap(([now, old]) => [
        [now.before, old.before] as const,
        [now.after, old.after] as const,
      ]),
    ];
    expect(pairs.length).toBeGreaterThan(3);
    for (const [now, old] of pairs) {
      expect(now && desiredLrpForR0(now)).toEqual(old);
      expect(old).not.toEqual(now);
    }
  });

  test('tasks on the r0 stream', () => {
    const created = eventPairs('task', 'task_created', TaskCreatedEvent);
    const removed = eventPairs('task', 'task_removed', TaskRemovedEvent);
    const changed = eventPairs('task', 'task_changed', TaskChangedEvent);
    const pairs = [
      ...[...created, ...removed].map(([now, old]) => [now.task, old.task] as const),
      ...changed.map(([now, old]) => [now.after, old.after] as const),
    ];
    expect(pairs.length).toBeGreaterThan(3);
    for (const [now, old] of pairs) expect(now && taskForR2(now)).toEqual(old);
  });

  test('a try is replaced by what it runs, but not within a timeout', () => {
    const run_action = RunAction.create({ path: 'p' });
    const tried = Action.create({
      try_action: TryAction.create({ action: Action.create({ run_action }) }),
    });
    const timed = Action.create({
      timeout_action: TimeoutAction.create({ action: tried, timeout_ms: 2n }),
    });
    const serial_action = SerialAction.create({ actions: [tried, timed] });
    const desired = DesiredLRP.create({ action: Action.create({ serial_action }) });
    const actions = desiredLrpForR0(desired).action?.serial_action?.actions;
    expect(actions?.[0]).toEqual(Action.create({ run_action }));
    expect(actions?.[1]?.timeout_action).toEqual({
      action: tried,
      timeout: 2_000_000n,
      log_source: '',
      timeout_ms: 2n,
    });
  });

  test('what has no layers is the same object, and nothing given is changed', () => {
    const plain = DesiredLRP.create({ process_guid: 'p' });
    expect(desiredLrpForR2(plain)).toBe(plain);
    const bytes = (): string[] => desiredLrps.map((own) => encode(DesiredLRP, own).toString('hex'));
    const before = bytes();
    desiredLrps.map(desiredLrpForR0);
    expect(bytes()).toEqual(before);
  });
});

describe('reads', () => {
  test('scheduling infos', () => {
    const recorded = answerOf(LINES.scheduling, DesiredLRPSchedulingInfosResponse);
    expect(desiredLrps.map(schedulingInfoOf)).toEqual(recorded.desired_lrp_scheduling_infos);
  });

  test('routing infos', () => {
    const recorded = answerOf(LINES.routing, DesiredLRPsResponse);
    expect(desiredLrps.map(routingInfoOf)).toEqual(recorded.desired_lrps);
  });

  // What was desired is read back with a tag, its routes and its metrics_guid.
  test('what was desired is what is read', () => {
    const wanted = new Map(
      RECORDED_LINES.flatMap(({ exchanges }) => exchanges)
        .filter(
          ({ request, response }) =>
            request.path === '/v1/desired_lrp/desire.r2' && response.body_hex === '',
        )
        .map(({ request }) => decode(DesireLRPRequest, bytesOf(request.body_hex)).desired_lrp)
        .flatMap((own) => (own === undefined ? [] : [[own.process_guid, own] as const])),
    );
    const reads = [10, 19, 20].flatMap((n) => answerOf(n, DesiredLRPsResponse).desired_lrps);
    expect(reads.length).toBeGreaterThan(2);
    for (const read of reads) {
      const own = wanted.get(read.process_guid);
      expect(own).toBeDefined();
      expect(own && asRead({ ...own, modification_tag: read.modification_tag })).toEqual(read);
    }
  });

  test('metrics_guid fills the tag, the tag the metrics_guid, and neither the other', () => {
    const byGuid = asRead(DesiredLRP.create({ metrics_guid: 'm' }));
    expect(byGuid.metric_tags.get('source_id')?.static).toBe('m');
    const byTag = asRead(
      DesiredLRP.create({ metric_tags: new Map([['source_id', { static: 't', dynamic: 0 }]]) }),
    );
    expect(byTag.metrics_guid).toBe('t');
    const neither = asRead(DesiredLRP.create({}));
    expect(neither.metrics_guid).toBe('');
    expect(neither.metric_tags.size).toBe(0);
    expect(neither.routes).toBeDefined();
    expect(asRead(neither)).toBe(neither);
  });
});
