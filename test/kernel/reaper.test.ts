import { describe, expect, it } from 'vitest';
import {
  type AnyActorRef,
  createActor,
  fromCallback,
  type InspectionEvent,
  setup,
  spawnChild,
} from 'xstate';
import { createReaper } from '../../src/kernel/reaper.ts';

/** A parent that holds a worker, which holds a resource and crashes on CRASH. */
function family(journal: string[], reaper: ReturnType<typeof createReaper> | undefined) {
  const seen: InspectionEvent[] = [];
  const worker = setup({
    actors: {
      resource: fromCallback(() => {
        journal.push('open');
        return () => journal.push('close');
      }),
    },
    actions: {
      fail: () => {
        throw new Error('bug');
      },
    },
  }).createMachine({
    initial: 'up',
    states: {
      up: {
        invoke: { id: 'resource', src: 'resource' },
        on: {
          CRASH: { actions: 'fail' },
          CRASH_WHILE_SPAWNING: {
            actions: [spawnChild('resource', { id: 'extra', systemId: 'extra' }), 'fail'],
          },
          LEAVE: 'left',
        },
      },
      left: { type: 'final' },
    },
  });
  const root = createActor(
    setup({ actors: { worker } }).createMachine({
      entry: spawnChild('worker', { id: 'worker', systemId: 'worker' }),
      on: { 'xstate.error.*': {}, 'xstate.done.*': {} },
    }),
    {
      systemId: 'root',
      inspect: (event) => {
        seen.push(event);
        reaper?.observe(event);
      },
    },
  );
  root.start();
  const get = (name: string) => root.system.get(name as never) as AnyActorRef | undefined;
  const send = (type: string) => get('worker')?.send({ type });
  return { root, seen, get, send };
}

describe('XState 5.33, as the reaper relies on it', () => {
  it('leaves the children of a crashed machine running', () => {
    const journal: string[] = [];
    family(journal, undefined).send('CRASH');
    expect(journal).toEqual(['open']);
  });

  it('tells of every actor when it is made, with its parent', () => {
    const { seen, root } = family([], undefined);
    const made = seen
      .filter(({ type }) => type === '@xstate.actor')
      .map(({ actorRef }) => actorRef as AnyActorRef);
    const parents = made.map((ref) => (ref as unknown as { _parent?: AnyActorRef })._parent?.id);
    expect(made.map(({ id }) => id).slice(1)).toEqual(['worker', 'resource']);
    expect(parents).toEqual([undefined, root.id, 'worker']);
  });

  it('tells of a crash by an event of the crashed actor to its parent, and in no other way', () => {
    const { seen, send, get } = family([], undefined);
    const worker = get('worker');
    seen.length = 0;
    send('CRASH');
    const told = seen.flatMap((event) =>
      event.type === '@xstate.event' ? [[event.event.type, event.sourceRef]] : [],
    );
    expect(told).toEqual([
      ['CRASH', undefined],
      ['xstate.error.actor.worker', worker],
    ]);
    const snapshots = seen.filter(
      ({ type, actorRef }) => type === '@xstate.snapshot' && actorRef === worker,
    );
    expect(snapshots).toEqual([]);
  });

  it('tells of an ordinary end by a snapshot that is not active', () => {
    const { seen, send, get } = family([], undefined);
    const worker = get('worker');
    send('LEAVE');
    const last = seen.findLast(
      ({ type, actorRef }) => type === '@xstate.snapshot' && actorRef === worker,
    );
    expect((last as { snapshot?: { status: string } }).snapshot?.status).toBe('done');
  });

  it('has the methods that stop a child and free its name', () => {
    const { get } = family([], undefined);
    const worker = get('worker') as unknown as {
      _stop: () => void;
      system: { _unregister: (ref: unknown) => void };
    };
    expect([typeof worker._stop, typeof worker.system._unregister]).toEqual([
      'function',
      'function',
    ]);
    worker._stop();
    worker.system._unregister(worker);
    expect(get('worker')).toBeUndefined();
  });
});

describe('the reaper', () => {
  it('closes the resources of a crashed machine', () => {
    const journal: string[] = [];
    family(journal, createReaper()).send('CRASH');
    expect(journal).toEqual(['open', 'close']);
  });

  it('frees the name of a child that never started', () => {
    const without = family([], undefined);
    without.send('CRASH_WHILE_SPAWNING');
    expect(without.get('extra')).toBeDefined();
    const journal: string[] = [];
    const reaped = family(journal, createReaper());
    reaped.send('CRASH_WHILE_SPAWNING');
    expect(reaped.get('extra')).toBeUndefined();
    expect(journal).toEqual(['open', 'close']);
  });

  it('leaves an actor that ends by itself to XState', () => {
    const journal: string[] = [];
    family(journal, createReaper()).send('LEAVE');
    expect(journal).toEqual(['open', 'close']);
  });

  it('stops everything below a root that crashed', () => {
    const journal: string[] = [];
    const reaper = createReaper();
    const { root } = family(journal, reaper);
    reaper.reap(root);
    expect(journal).toEqual(['open', 'close']);
  });
});
