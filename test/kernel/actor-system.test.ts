import { describe, expect, it } from 'vitest';
import { setup } from 'xstate';
import { crash } from '../../machines/kernel/actions.ts';
import { supervisorMachine } from '../../machines/kernel/supervisor.machine.ts';
import { type ResourceScope, resource } from '../../src/kernel/resource.ts';
import { INJECTED, kill } from './kill.ts';
import { child, startTree, worker } from './tree-kit.ts';

/** A worker around one resource whose scope the test gets hold of. */
function holder(onOpen: (scope: ResourceScope<{ type: 'NEWS' }>) => () => void) {
  return setup({
    types: { events: {} as { type: 'RESOURCE_FAILED'; error: unknown } | { type: 'NEWS' } },
    actors: { held: resource<{ type: 'NEWS' }, object>((_input, scope) => onOpen(scope)) },
    actions: { crash },
  }).createMachine({
    invoke: { id: 'held', src: 'held', input: {} },
    on: { RESOURCE_FAILED: { actions: 'crash' }, NEWS: {} },
  });
}

const readyAtOnce = { readyTimeoutMs: 0 };

describe('a crash', () => {
  it('is told in one line, with actor, state, event and all causes', () => {
    const { system, clock, lines } = startTree([child('a', worker('a', []))]);
    system.tell('a', { type: 'CRASH' });
    clock.advance(0);
    const crashes = lines.filter(({ message }) => message === 'actor-crashed');
    expect(crashes).toHaveLength(1);
    expect(crashes[0]).toMatchObject({
      level: 'error',
      data: { actor: 'a', state: 'up', event: 'CRASH' },
    });
    expect(crashes[0]?.data?.['error']).toContain('crash of a');
  });

  it('of a resource that cannot be opened is told once, by the actor that holds it', () => {
    let left = 1;
    const logic = holder(() => {
      if (left-- > 0) throw new Error('cannot open');
      return () => {};
    });
    const { system, clock, lines } = startTree([child('a', logic, readyAtOnce)]);
    clock.advance(100);
    const crashes = lines.filter(({ message }) => message === 'actor-crashed');
    expect(crashes.map(({ data }) => data?.['actor'])).toEqual(['a']);
    expect(system.tree().children[0]).toMatchObject({ status: 'ready', restarts: 1 });
  });

  it('that makes a supervisor give up is told once per supervisor', () => {
    const { system, clock, lines } = startTree((base) => {
      const children = [child('a', worker('a', []))];
      const intensity = { maxRestarts: 0, periodMs: 1000 };
      const input = { ...base, name: 'inner', intensity, children };
      return [child('inner', supervisorMachine, { input })];
    });
    system.tell('a', { type: 'CRASH' });
    clock.advance(0);
    const crashes = lines.filter(({ message }) => message === 'actor-crashed');
    expect(crashes.map(({ data }) => data?.['actor'])).toEqual(['a', 'inner']);
    expect(crashes[1]?.data?.['error']).toContain('caused by: Error: crash of a');
  });

  it('of the root closes everything below it and ends the tree with the error', async () => {
    const journal: string[] = [];
    const { system, lines } = startTree([child('a', worker('a', journal))]);
    kill(system, 'node');
    expect(await system.ended).toMatchObject({ message: INJECTED });
    expect(journal).toEqual(['+a', '-a']);
    expect(system.whereis('a')).toBeUndefined();
    expect(lines.map(({ message }) => message)).toContain('tree-failed');
  });

  it('is survived by the reaper also when a listener of the feed is broken', () => {
    const journal: string[] = [];
    const { system, clock, lines } = startTree([child('a', worker('a', journal))]);
    const leave = system.feed.listen(() => {
      throw new Error('broken listener');
    });
    system.tell('a', { type: 'CRASH' });
    clock.advance(0);
    leave();
    clock.advance(100);
    expect(journal).toEqual(['+a', '-a', '+a']);
    expect(lines.some(({ message }) => message === 'inspector-failed')).toBe(true);
  });
});

describe('a resource', () => {
  it('crashes its actor when a guarded listener throws, and is closed', () => {
    const events: string[] = [];
    let scope: ResourceScope<{ type: 'NEWS' }> | undefined;
    const logic = holder((own) => {
      scope = own;
      events.push('open');
      return () => events.push('close');
    });
    const { clock } = startTree([child('a', logic, readyAtOnce)]);
    const listener = scope?.guard((text: string) => {
      throw new Error(text);
    });
    listener?.('in a callback');
    expect(events).toEqual(['open', 'close']);
    clock.advance(100);
    expect(events).toEqual(['open', 'close', 'open']);
  });

  it('is silent after it was closed', () => {
    const scopes: ResourceScope<{ type: 'NEWS' }>[] = [];
    const logic = holder((own) => {
      scopes.push(own);
      return () => {};
    });
    const { system, clock } = startTree([child('a', logic, readyAtOnce)]);
    scopes[0]?.fail(new Error('first'));
    clock.advance(100);
    let calls = 0;
    scopes[0]?.guard(() => {
      calls += 1;
    })();
    scopes[0]?.fail(new Error('late'));
    scopes[0]?.send({ type: 'NEWS' });
    clock.advance(100);
    expect(calls).toBe(0);
    expect(system.tree().children[0]?.restarts).toBe(1);
  });
});

describe('the tree', () => {
  it('tells names, statuses, restarts, ages and last errors', () => {
    const { system, clock } = startTree([child('a', worker('a', []))]);
    clock.advance(50);
    system.tell('a', { type: 'CRASH' });
    clock.advance(30);
    const { children, ...root } = system.tree();
    expect(root).toMatchObject({ name: 'node', status: 'active', uptimeMs: 80, restarts: 0 });
    expect(children).toMatchObject([
      { name: 'a', status: 'ready', restarts: 1, uptimeMs: 20, lastError: 'crash of a' },
    ]);
  });

  it('takes an event for nobody as a dead letter, and news for nobody as nothing', () => {
    const { system, clock } = startTree([child('a', worker('a', []))]);
    expect(system.tell('nobody', { type: 'X' })).toBe(false);
    expect(system.notify('nobody', { type: 'X' })).toBe(false);
    system.tell('a', { type: 'CRASH' });
    clock.advance(0);
    expect(system.notify('a', { type: 'MAKE_READY' })).toBe(true);
    clock.advance(0);
    expect(system.deadLetters.counts['no-such-actor']).toBe(1);
    expect(system.deadLetters.recent()).toMatchObject([{ to: 'nobody', eventType: 'X' }]);
  });

  it('takes a shutdown after its end as nothing', async () => {
    const { system, clock } = startTree([child('a', worker('a', []))]);
    system.shutdown('fast');
    clock.advance(0);
    expect(await system.ended).toBeUndefined();
    system.shutdown('drain');
    expect(system.tree().status).toBe('done');
  });
});
