import { describe, expect, it } from 'vitest';
import { getAdjacencyMap } from 'xstate/graph';
import { AUCTIONEER_SCRIPTS } from '../auctioneer/auctioneer-scripts.ts';
import { INSTANCE_SCRIPTS } from '../cell/support/instance-scripts.ts';
import { FILE_SERVER_SCRIPTS } from '../file-server/file-server-scripts.ts';
import { EMITTER_MACHINE_SCRIPTS } from '../route-emitter/machine-scripts.ts';
import { WORKER_SCRIPTS } from '../router/workers/worker-scripts.ts';
import { BBS_SCRIPTS } from './bbs-scripts.ts';
import { CELL_SCRIPTS } from './cell-scripts.ts';
import { MACHINES } from './machines.ts';
import { PROXY_SCRIPTS, PRUNER_SCRIPTS, ROUTER_SCRIPTS } from './router-scripts.ts';
import { allTransitionKeys, play, type Script, stateText } from './run-script.ts';
import { SMALL_SCRIPTS } from './small-scripts.ts';
import { statesOf } from './walk.ts';

const SCRIPTS: Readonly<Record<string, Readonly<Record<string, Script>>>> = {
  pruner: PRUNER_SCRIPTS,
  router: ROUTER_SCRIPTS,
  proxy: PROXY_SCRIPTS,
  worker: WORKER_SCRIPTS,
  ...SMALL_SCRIPTS,
  ...BBS_SCRIPTS,
  ...CELL_SCRIPTS,
  ...EMITTER_MACHINE_SCRIPTS,
  instance: INSTANCE_SCRIPTS,
  auctioneer: AUCTIONEER_SCRIPTS,
  'file-server': FILE_SERVER_SCRIPTS,
};

/** Needs children and a clock; test/kernel/supervisor*.test.ts walks it against an oracle. */
const ELSEWHERE = ['supervisor'];

describe.each(Object.entries(SCRIPTS))('%s', (id, scripts) => {
  const machine = MACHINES[id] as (typeof MACHINES)[string];
  const taken = new Set<string>();

  it.each(Object.entries(scripts))('%s', (_name, script) => {
    const played = play(machine, script);
    for (const key of played.taken) taken.add(key);
    expect(played.seen).toEqual(played.wanted);
  });

  it('has every transition in a script', () => {
    expect(allTransitionKeys(machine).filter((key) => !taken.has(key))).toEqual([]);
  });

  it('reaches all states in which it rests by events alone, from every start', () => {
    const events = machine.events
      .filter((type) => type !== 'RESOURCE_FAILED')
      .flatMap((type) => ['drain', 'fast'].map((mode) => ({ type, mode, routes: 1, counts: {} })));
    const reached = new Set<string>();
    for (const script of Object.values(scripts)) {
      const map = getAdjacencyMap(machine, {
        events: events as never,
        input: script.input?.({ nowMs: () => 0 } as never, []) as never,
        serializeState: ({ value }) => JSON.stringify(value),
      });
      for (const { state } of Object.values(map)) reached.add(stateText(state.value));
    }
    const resting = statesOf(machine.root)
      .filter(({ type }) => type === 'atomic' || type === 'final')
      .filter(({ always }) => !(always ?? []).some(({ guard }) => guard === undefined))
      .map(({ path }) => path.join('.'));
    expect([...reached].toSorted()).toEqual(resting.toSorted());
  });
});

describe('the scripts', () => {
  it('take in every machine', () => {
    expect([...Object.keys(SCRIPTS), ...ELSEWHERE].toSorted()).toEqual(
      Object.keys(MACHINES).toSorted(),
    );
  });

  it('fail when a machine does something else', () => {
    const machine = MACHINES['route-table'] as (typeof MACHINES)[string];
    const script: Script = {
      start: ['empty', 'READY'],
      steps: [[{ type: 'SHUTDOWN' }, 'empty', '']],
      input: () => ({ routes: () => 0 }),
    };
    const { seen, wanted } = play(machine, script);
    expect(seen).not.toEqual(wanted);
  });
});
