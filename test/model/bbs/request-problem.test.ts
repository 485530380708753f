import { describe, expect, test } from 'vitest';
import * as actual from '../../../src/model/bbs/messages/actual-lrp.ts';
import {
  DesiredLRP,
  DesiredLRPUpdate,
  DesireLRPRequest,
  UpdateDesiredLRPRequest,
} from '../../../src/model/bbs/messages/desired-lrp.ts';
import { TasksRequest } from '../../../src/model/bbs/messages/tasks.ts';
import {
  keepContainerWhenRefused,
  requestProblem,
} from '../../../src/model/bbs/validation/request-problem.ts';
import { decode } from '../../../src/model/protobuf/decode.ts';
import { type AnyType, typeNamed } from '../protobuf/all-types.ts';
import { bytesOf, RECORDED_LINES, type RecordedResponse } from './recorded-lines.ts';

const TODAY = { isMetricTagsNeeded: true };
const OF_2015 = { isMetricTagsNeeded: false, isNanosecondTimeoutTaken: true };

interface Refusal {
  readonly error?: { readonly type: string; readonly message: string };
  readonly keep_container?: boolean;
}

interface RecordedRow {
  readonly title: string;
  readonly type: AnyType;
  readonly bytes: Buffer;
  readonly response: RecordedResponse;
  readonly answer: Refusal;
}

/** Ping and the lists of domains and cells never read their body. */
const ROWS: readonly RecordedRow[] = RECORDED_LINES.flatMap(({ n, group, name, exchanges }) =>
  group === 'garbage body'
    ? []
    : exchanges.flatMap(({ request, response }) =>
        request.message_type && request.message
          ? [
              {
                title: `${n} ${group}: ${name}`,
                type: typeNamed(request.message_type),
                bytes: bytesOf(request.body_hex),
                response,
                answer: (response.message ?? {}) as Refusal,
              },
            ]
          : [],
      ),
);

/** `the request received is invalid`: the body was not decoded, or the operation said so. */
const isAboutFields = ({ answer: { error } }: RecordedRow): boolean =>
  error?.type === 'InvalidRequest' && error.message !== 'the request received is invalid';

const problemOf = ({ type, bytes }: RecordedRow): string | undefined =>
  requestProblem(type, decode(type, bytes), TODAY);

describe('validation against the recordings', () => {
  const refused = ROWS.filter(isAboutFields);
  test.each(refused)('refused: $title', (row) => {
    expect(problemOf(row)).toBe(row.answer.error?.message);
    if (row.type.name.startsWith('Evacuate')) {
      expect(keepContainerWhenRefused(row.type)).toBe(row.answer.keep_container ?? false);
    }
  });

  const panics = ROWS.filter(({ response }) => response.connection_closed === true);
  test.each(panics)('the original panics: $title', (row) => {
    expect(problemOf(row)).toMatch(/^Invalid field: /);
  });

  test('nothing else is refused', () => {
    // Line 361 is refused by the decoder: a wrong wire type.
    const others = ROWS.filter(
      (row) =>
        !isAboutFields(row) &&
        row.response.connection_closed !== true &&
        !row.title.startsWith('361 '),
    );
    const problems = others.flatMap((row) => {
      const problem = problemOf(row);
      return problem === undefined ? [] : [`${row.title}: ${problem}`];
    });
    expect(problems).toEqual([]);
    expect(others.length).toBeGreaterThan(200);
    expect(refused.length).toBeGreaterThan(120);
    expect(panics.length).toBe(2);
  });
});

const ACTION = { run_action: { path: '/a', user: 'vcap' } };
const BASE = { process_guid: 'p', domain: 'd', root_fs: 'preloaded:x' };

/** A desired LRP as bytes would bring it, so that defaults are filled. */
function desireProblem(fields: object, rules = TODAY): string | undefined {
  return requestProblem(
    DesireLRPRequest as AnyType,
    DesireLRPRequest.create({ desired_lrp: DesiredLRP.create(fields) }),
    rules,
  );
}

const filledAction = (fields: object): object => ({
  ...(typeNamed('Action').empty as object),
  ...fields,
});
const runAction = filledAction({ run_action: typeNamed('RunAction').create(ACTION.run_action) });

const withTimeout = (fields: object): object => ({
  ...BASE,
  action: filledAction({
    timeout_action: typeNamed('TimeoutAction').create({ action: runAction, ...fields }),
  }),
});

describe('validation by the route', () => {
  test('metric tags are needed today, not in 2015', () => {
    const desired = { ...BASE, action: runAction };
    expect(desireProblem(desired)).toBe('Invalid field: metric_tags');
    expect(desireProblem(desired, OF_2015)).toBeUndefined();
  });

  test('a timeout in nanoseconds is taken in 2015 only', () => {
    const nanoseconds = withTimeout({ timeout: 1_000_000_000n });
    const none = withTimeout({});
    expect(desireProblem(nanoseconds, OF_2015)).toBeUndefined();
    expect(desireProblem(none, OF_2015)).toContain('timeout_ms');
    expect(desireProblem(nanoseconds, { isMetricTagsNeeded: false })).toContain('timeout_ms');
  });

  test('an absent update has a text, an empty one is right', () => {
    const type = UpdateDesiredLRPRequest as AnyType;
    const request = UpdateDesiredLRPRequest.create({ process_guid: 'p' });
    expect(requestProblem(type, request, TODAY)).toBe('Invalid field: update');
    const empty = { ...request, update: DesiredLRPUpdate.create({}) };
    expect(requestProblem(type, empty, TODAY)).toBeUndefined();
  });

  test('the guid of a task that changes has to look like one', () => {
    const change = typeNamed('StartTaskRequest').create({ task_guid: 'a/b', cell_id: 'c' });
    expect(requestProblem(typeNamed('StartTaskRequest'), change, TODAY)).toBe(
      'Invalid field: task_guid',
    );
    const cancel = typeNamed('TaskGuidRequest').create({ task_guid: 'a/b' });
    expect(requestProblem(typeNamed('TaskGuidRequest'), cancel, TODAY)).toBeUndefined();
  });

  test('messages without rules are right', () => {
    expect(requestProblem(TasksRequest as AnyType, TasksRequest.empty, TODAY)).toBeUndefined();
  });

  test('only evacuations say what becomes of the container', () => {
    expect(keepContainerWhenRefused(actual.EvacuateRunningActualLRPRequest as AnyType)).toBe(true);
    expect(keepContainerWhenRefused(actual.EvacuateStoppedActualLRPRequest as AnyType)).toBe(false);
    expect(keepContainerWhenRefused(actual.ClaimActualLRPRequest as AnyType)).toBeUndefined();
  });
});

describe('limits', () => {
  const tags = new Map([['source_id', typeNamed('MetricTagValue').create({ static: 's' })]]);
  const right = { ...BASE, action: runAction, metric_tags: tags };

  test('annotation and routes count bytes', () => {
    expect(desireProblem({ ...right, annotation: 'é'.repeat(5120) })).toBeUndefined();
    expect(desireProblem({ ...right, annotation: 'é'.repeat(5121) })).toContain('annotation');
    const routes = (sizeBytes: number): object => ({
      routes: new Map([
        ['a', Buffer.alloc(1)],
        ['b', Buffer.alloc(sizeBytes - 1)],
      ]),
    });
    expect(desireProblem({ ...right, routes: routes(131_072) })).toBeUndefined();
    expect(desireProblem({ ...right, routes: routes(131_073) })).toBe('Invalid field: routes');
  });

  test.each([
    ['docker:///cloudfoundry/test', true],
    ['docker://host:5000/a#tag', true],
    ['preloaded+layer:cflinuxfs4?layer=http://l', true],
    ['preloaded:%zz', true],
    ['docker:///%zz', false],
    ['docker://host:port/a', false],
    ['/no/scheme', false],
    ['1x:y', false],
    ['a:\u0001', false],
  ])('root_fs %j', (root_fs, isRight) => {
    const expected = isRight ? undefined : 'Invalid field: rootfs';
    expect(desireProblem({ ...right, root_fs })).toBe(expected);
  });

  test.each([
    ['::1', true],
    ['2001:db8::/32', true],
    ['::ffff:1.2.3.4', true],
    ['1.2.3.4-1.2.3.4', true],
    ['1.2.3.4,5.6.7.0/24', true],
    ['1.2.3.5-1.2.3.4', false],
    ['01.2.3.4', false],
    ['1:2:3:4:5:6:7:8:9', false],
    ['1::2::3', false],
    ['1.2.3.4/', false],
    ['', false],
  ])('destination %j', (destination, isRight) => {
    const rule = typeNamed('SecurityGroupRule').create({
      protocol: 'all',
      destinations: [destination],
    });
    const problem = desireProblem({ ...right, egress_rules: [rule] });
    expect(problem === undefined).toBe(isRight);
  });

  test('an action that is nested as deeply as the decoder allows', () => {
    let action = runAction;
    for (let depth = 0; depth < 40; depth += 1) {
      action = filledAction({ try_action: typeNamed('TryAction').create({ action }) });
    }
    expect(desireProblem({ ...right, action })).toBeUndefined();
  });
});
