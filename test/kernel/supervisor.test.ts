import { describe, expect, it } from 'vitest';
import { EscalationError, StartupError } from '../../machines/kernel/failures.ts';
import { supervisorMachine } from '../../machines/kernel/supervisor.machine.ts';
import { createVirtualClock } from '../../src/adapters/clock/virtual-clock.ts';
import { child, startTree, worker } from './tree-kit.ts';

const GENEROUS = { maxRestarts: 99, periodMs: 1000 };

const abc = (journal: string[]) => ['a', 'b', 'c'].map((id) => child(id, worker(id, journal)));

describe('strategies', () => {
  const cases = [
    { strategy: 'one_for_one', journal: ['-b', '+b'] },
    { strategy: 'one_for_all', journal: ['-b', '-c', '-a', '+a', '+b', '+c'] },
    { strategy: 'rest_for_one', journal: ['-b', '-c', '+b', '+c'] },
  ] as const;
  it.each(cases)('$strategy: a crash of b', ({ strategy, journal: expected }) => {
    const journal: string[] = [];
    const { system, clock } = startTree(abc(journal), { strategy });
    expect(journal).toEqual(['+a', '+b', '+c']);
    journal.length = 0;
    system.tell('b', { type: 'CRASH' });
    clock.advance(100);
    expect(journal).toEqual(expected);
    expect(system.tree().children.map((node) => node.status)).toEqual(['ready', 'ready', 'ready']);
  });
});

describe('start', () => {
  it('starts each child only after the one before is ready', () => {
    const journal: string[] = [];
    const { system, clock } = startTree([
      child('a', worker('a', journal, { ready: 'late' })),
      child('b', worker('b', journal)),
    ]);
    expect(journal).toEqual(['+a']);
    system.tell('a', { type: 'MAKE_READY' });
    clock.advance(0);
    expect(journal).toEqual(['+a', '+b']);
  });

  it('restarts a child that is not ready in time', () => {
    const journal: string[] = [];
    const { clock } = startTree([child('a', worker('a', journal, { ready: 'late' }))]);
    clock.advance(1011);
    expect(journal).toEqual(['+a', '-a', '+a']);
  });

  it('announces the tree as ready once all children are', async () => {
    const { system } = startTree(abc([]));
    await expect(system.ready).resolves.toBeUndefined();
  });

  it('survives a child that throws in its first step, without leaving its name or resource', () => {
    const journal: string[] = [];
    let left = 2;
    const throwsAtStart = () => left-- > 0;
    const { system, clock } = startTree([child('a', worker('a', journal, { throwsAtStart }))]);
    clock.advance(100);
    expect(system.tree().children[0]?.status).toBe('ready');
    expect(journal.filter((entry) => entry === '+a').length).toBe(
      journal.filter((entry) => entry === '-a').length + 1,
    );
  });
});

describe('order of starting', () => {
  const late = (id: string, journal: string[]) => child(id, worker(id, journal, { ready: 'late' }));

  it('holds when a child ready long ago says so again', () => {
    const journal: string[] = [];
    const { system, clock } = startTree([
      child('a', worker('a', journal)),
      late('b', journal),
      late('c', journal),
    ]);
    system.tell('b', { type: 'CRASH' });
    clock.advance(0);
    system.tell('a', { type: 'MAKE_READY' });
    clock.advance(0);
    expect(journal).toEqual(['+a', '+b', '-b']);
  });

  it('lets a child come back on which one that is starting waits', () => {
    const journal: string[] = [];
    const { system, clock } = startTree([late('a', journal), late('b', journal)], {
      intensity: GENEROUS,
    });
    const isReady = (id: string) => {
      system.tell(id, { type: 'MAKE_READY' });
      clock.advance(0);
    };
    isReady('a');
    isReady('b');
    journal.length = 0;
    system.tell('b', { type: 'CRASH' });
    system.tell('a', { type: 'CRASH' });
    clock.advance(10);
    expect(journal.toSorted()).toEqual(['+a', '+b', '-a', '-b']);
  });

  it('ends a temporary child that is not ready in time', () => {
    const journal: string[] = [];
    const { system, clock } = startTree([{ ...late('a', journal), restart: 'temporary' }]);
    clock.advance(5000);
    expect(journal).toEqual(['+a', '-a']);
    expect(system.tree().children[0]?.status).toBe('ended');
  });
});

describe('restart types', () => {
  it.each([
    { restart: 'permanent', event: 'FINISH', restarts: true },
    { restart: 'permanent', event: 'CRASH', restarts: true },
    { restart: 'transient', event: 'FINISH', restarts: false },
    { restart: 'transient', event: 'CRASH', restarts: true },
    { restart: 'temporary', event: 'FINISH', restarts: false },
    { restart: 'temporary', event: 'CRASH', restarts: false },
  ] as const)('$restart after $event: restarted $restarts', ({ restart, event, restarts }) => {
    const journal: string[] = [];
    const { system, clock } = startTree([child('a', worker('a', journal), { restart })]);
    system.tell('a', { type: event });
    clock.advance(100);
    expect(journal).toEqual(restarts ? ['+a', '-a', '+a'] : ['+a', '-a']);
    expect(system.whereis('a') !== undefined).toBe(restarts);
  });
});

describe('intensity', () => {
  it('gives up at the restart that is one too many', async () => {
    const journal: string[] = [];
    const { system, clock } = startTree(abc(journal));
    for (let crash = 0; crash < 4; crash += 1) {
      system.tell('b', { type: 'CRASH' });
      clock.advance(50);
    }
    const failure = await system.ended;
    expect(failure).toBeInstanceOf(EscalationError);
    expect((failure as Error).cause).toMatchObject({ message: 'crash of b' });
    const open = (sign: string) => journal.filter((entry) => entry.startsWith(sign)).length;
    expect(open('+')).toBe(open('-'));
  });

  it('forgets restarts that are older than the period', () => {
    const { system, clock } = startTree(abc([]));
    for (let crash = 0; crash < 8; crash += 1) {
      system.tell('b', { type: 'CRASH' });
      clock.advance(400);
    }
    expect(system.tree().status).toBe('active');
    expect(system.tree().children[1]?.restarts).toBe(8);
  });

  it('passes a start that cannot succeed up at once', async () => {
    const advice = 'free the port';
    const throwsAtStart = (): boolean => {
      throw new StartupError('port 80 is in use', advice);
    };
    const { system } = startTree([child('a', worker('a', [], { throwsAtStart }))]);
    expect(await system.ended).toMatchObject({ cause: { advice } });
  });
});

describe('giving up', () => {
  const noRestart = { maxRestarts: 0, periodMs: 1000 };

  it('tells the crash that was one too many, also when a sibling crashes with it', async () => {
    const broken = (id: string) => {
      const logic = worker(id, [], { throwsAtStart: () => true });
      return child(id, logic, { readyTimeoutMs: 0 });
    };
    const { system } = startTree([broken('a'), broken('b')], { intensity: noRestart });
    const failure = await system.ended;
    expect(failure).toBeInstanceOf(EscalationError);
    expect(failure).toMatchObject({ cause: { message: 'start of a' } });
  });

  const modes = [
    { error: new Error('a bug'), mode: 'drain' },
    { error: new StartupError('port 80 is in use', 'free it'), mode: 'fast' },
  ] as const;
  it.each(modes)('at the root: stops the others in mode $mode after $error', async (own) => {
    const modesHeard: string[] = [];
    const throwsAtStart = (): boolean => {
      throw own.error;
    };
    const { system, clock } = startTree(
      [child('a', worker('a', [], { modesHeard })), child('b', worker('b', [], { throwsAtStart }))],
      { drainOnEscalation: true, intensity: noRestart },
    );
    clock.advance(0);
    expect(await system.ended).toMatchObject({ cause: own.error });
    expect(modesHeard).toEqual([own.mode]);
  });

  it('at the root: gives the others their time', async () => {
    const journal: string[] = [];
    const { system, clock } = startTree(
      [
        child('stuck', worker('stuck', journal, { onShutdown: 'ignore' })),
        child('b', worker('b', journal)),
      ],
      { drainOnEscalation: true, intensity: noRestart },
    );
    system.tell('b', { type: 'CRASH' });
    clock.advance(499);
    expect(journal).toEqual(['+stuck', '+b', '-b']);
    clock.advance(1);
    expect(journal).toEqual(['+stuck', '+b', '-b', '-stuck']);
    expect(await system.ended).toBeInstanceOf(EscalationError);
  });
});

describe('back-off', () => {
  it('doubles up to its maximum and starts over after a quiet time', () => {
    const { system, clock } = startTree(abc([]), { intensity: { maxRestarts: 99, periodMs: 1 } });
    const pauses: number[] = [];
    const crashAndMeasure = () => {
      system.tell('a', { type: 'CRASH' });
      clock.advance(0);
      const from = clock.nowMs();
      while (system.tree().children[0]?.status !== 'ready') clock.step();
      pauses.push(clock.nowMs() - from);
    };
    for (let crash = 0; crash < 5; crash += 1) crashAndMeasure();
    clock.advance(10_001);
    crashAndMeasure();
    expect(pauses).toEqual([10, 20, 40, 40, 40, 10]);
  });

  it('is each child its own: a long pause of one does not keep another waiting', () => {
    const journal: string[] = [];
    const { system, clock } = startTree(abc(journal), { intensity: GENEROUS });
    for (let crash = 0; crash < 3; crash += 1) {
      clock.advance(40);
      system.tell('a', { type: 'CRASH' });
      clock.advance(0);
    }
    journal.length = 0;
    system.tell('b', { type: 'CRASH' });
    clock.advance(10);
    expect(journal).toEqual(['-b', '+b']);
    clock.advance(30);
    expect(journal).toEqual(['-b', '+b', '+a']);
  });

  it('ends also when the timer fires before its time, as those of Node do', () => {
    const virtual = createVirtualClock();
    const early = {
      ...virtual,
      setTimeout: (fn: () => void, ms: number) => virtual.setTimeout(fn, ms - 1.8),
    };
    const journal: string[] = [];
    const { system } = startTree(abc(journal), { nowMs: virtual.nowMs }, 1, early);
    virtual.advance(0);
    system.tell('b', { type: 'CRASH' });
    virtual.advance(20);
    expect(journal).toEqual(['+a', '+b', '+c', '-b', '+b']);
  });
});

describe('shutdown', () => {
  it('stops in reverse order, each child after the one behind it has ended', async () => {
    const journal: string[] = [];
    const { system, clock } = startTree(abc(journal));
    system.shutdown('drain');
    clock.advance(0);
    expect(await system.ended).toBeUndefined();
    expect(journal.slice(3)).toEqual(['-c', '-b', '-a']);
  });

  it('kills a child that does not end in its time', () => {
    const journal: string[] = [];
    const { system, clock } = startTree([
      child('a', worker('a', journal)),
      child('stuck', worker('stuck', journal, { onShutdown: 'ignore' })),
    ]);
    system.shutdown('drain');
    clock.advance(499);
    expect(journal).toEqual(['+a', '+stuck']);
    clock.advance(1);
    expect(journal).toEqual(['+a', '+stuck', '-stuck', '-a']);
  });

  it('ends a tree whose child waits for its restart', () => {
    const journal: string[] = [];
    const { system, clock } = startTree(abc(journal));
    system.tell('b', { type: 'CRASH' });
    clock.advance(5);
    system.shutdown('fast');
    clock.advance(1000);
    expect(system.tree().status).toBe('done');
    expect(journal).toEqual(['+a', '+b', '+c', '-b', '-c', '-a']);
  });
});

describe('nested supervisors', () => {
  it('restarts the whole subtree when the inner supervisor gives up', () => {
    const journal: string[] = [];
    const { system, clock } = startTree((base) => {
      const intensity = { maxRestarts: 1, periodMs: 1000 };
      const input = { ...base, name: 'inner', intensity, children: abc(journal) };
      return [child('inner', supervisorMachine, { input })];
    });
    system.tell('b', { type: 'CRASH' });
    clock.advance(0);
    expect(journal).toEqual(['+a', '+b', '+c', '-b']);
    clock.advance(20);
    system.tell('b', { type: 'CRASH' });
    clock.advance(100);
    expect(system.tree().children[0]?.restarts).toBe(1);
    expect(system.tree().children[0]?.children.map((node) => node.status)).toEqual([
      'ready',
      'ready',
      'ready',
    ]);
  });
});
