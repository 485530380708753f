import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type AnyStateMachine, createMachine } from 'xstate';
import { inspectCommand } from '../../src/cli/inspect-command.ts';
import { machinesCommand } from '../../src/cli/machines-command.ts';
import { writeNodeFile } from '../../src/cli/node-file.ts';
import { toMachineJson, toMermaid, toScxml } from '../../src/inspector/export-machine.ts';
import { machineGraph } from '../../src/inspector/machine-graph.ts';
import { ALL_MACHINES } from '../../src/inspector/machine-list.ts';
import { LIFECYCLES } from '../machines/lifecycles.ts';
import { MACHINES } from '../machines/machines.ts';
import { ownTransitions, statesOf } from '../machines/walk.ts';
import { temporaryDirectory } from '../store/temporary-directory.ts';
import { machineDocs } from './drawings/machine-docs.ts';

const root = new URL('../../', import.meta.url);

describe('the drawings in docs/machines', () => {
  it('are those of the machines; else run `npm run docs`', async () => {
    const files = await machineDocs();
    const stale = [...files].filter(([path, text]) => {
      try {
        return readFileSync(new URL(path, root), 'utf8') !== text;
      } catch {
        return true;
      }
    });
    expect(stale.map(([path]) => path)).toEqual([]);
    const kept = readdirSync(new URL('docs/machines/', root)).map(
      (name) => `docs/machines/${name}`,
    );
    expect(kept.filter((path) => !files.has(path))).toEqual([]);
  });

  it('show every state and every transition', async () => {
    const files = await machineDocs();
    for (const [id, machine] of ALL_MACHINES) {
      const svg = files.get(`docs/machines/${id}.svg`) ?? '';
      const { states, edges } = machineGraph(machine);
      const drawn = (name: string) =>
        [...svg.matchAll(new RegExp(`${name}="([^"]*)"`, 'g'))].map((hit) => hit[1]);
      expect(drawn('data-state').toSorted()).toEqual(
        states
          .slice(1)
          .map((state) => state.id)
          .toSorted(),
      );
      expect(new Set(drawn('data-edge'))).toEqual(new Set(edges.map((edge) => edge.id)));
    }
  });
});

it('lists every machine of the project', () => {
  const known = [...Object.keys(MACHINES), ...Object.keys(LIFECYCLES)];
  expect([...ALL_MACHINES.keys()].toSorted()).toEqual(known.toSorted());
});

const shapeOf = (machine: AnyStateMachine): unknown =>
  statesOf(machine.root).map((node) => ({
    id: node.id,
    type: node.type,
    invokes: node.invoke.map(({ id }) => id),
    ways: ownTransitions(node)
      .map(({ eventType, target }) => `${eventType} → ${target?.[0]?.id ?? ''}`)
      .toSorted(),
  }));

describe.each([...ALL_MACHINES])('%s', (id, machine) => {
  const graph = machineGraph(machine);

  it('has each state and each transition of the machine in its graph', () => {
    const nodes = statesOf(machine.root);
    expect(graph.states.map((state) => state.id)).toEqual(nodes.map((node) => node.id));
    expect(graph.edges).toHaveLength(nodes.flatMap(ownTransitions).length);
    expect(new Set(graph.edges.map((edge) => edge.id)).size).toBe(graph.edges.length);
  });

  it('comes back from its JSON as the same machine', () => {
    const json = JSON.parse(JSON.stringify(toMachineJson(graph)));
    expect(shapeOf(createMachine(json))).toEqual(shapeOf(machine));
  });

  it('is well-formed SCXML with every state', () => {
    const text = toScxml(graph);
    const open: string[] = [];
    for (const [, end, name = '', , single] of text.matchAll(
      /<(\/?)([a-z]+)((?:\s[\w:]+="[^"<&]*(?:&\w+;[^"<&]*)*")*)\s*(\/?)>/g,
    )) {
      if (end === '/') expect(open.pop()).toBe(name);
      else if (single === '') open.push(name);
    }
    expect(open).toEqual([]);
    // Nothing but what was matched stands between angle brackets.
    const tags = text.match(/<[^>]*>/g)?.length ?? 0;
    const matched = text.match(/<\/?[a-z]+(?:\s[\w:]+="[^"]*")*\s*\/?>/g)?.length ?? 0;
    expect(tags).toBe(matched + 1);
    for (const state of graph.states) expect(text).toContain(` id="${state.id}"`);
    const targets = [...text.matchAll(/ target="([^"]*)"/g)].map((hit) => hit[1]);
    const ids = new Set(graph.states.map((state) => state.id));
    expect(targets.filter((target) => !ids.has(target ?? ''))).toEqual([]);
  });

  it('is a Mermaid state diagram with every state and arrow', () => {
    const lines = toMermaid(graph).split('\n');
    expect(lines[0]).toBe('stateDiagram-v2');
    const states = lines.filter((line) => /^\s*state "/.test(line));
    expect(states).toHaveLength(graph.states.length - 1);
    const arrows = lines.filter((line) => /--> \w/.test(line) && !line.includes('[*] -->'));
    expect(arrows).toHaveLength(graph.edges.filter(({ from }) => from !== id).length);
    const depth = lines.reduce((sum, line) => {
      if (line.endsWith('{')) return sum + 1;
      return /^\s*\}$/.test(line) ? sum - 1 : sum;
    }, 0);
    expect(depth).toBe(0);
  });
});

function hostWith(environment: Readonly<Record<string, string>> = {}) {
  const seen = { out: '', error: '', code: -1 };
  const host = {
    argv: [],
    environment,
    nodeVersion: '',
    isTerminal: false,
    pid: 1,
    writeOut: (text: string) => {
      seen.out += text;
    },
    writeError: (text: string) => {
      seen.error += text;
    },
    onSignal: () => {},
    defer: () => {},
    onFault: () => {},
    exit: (code: number) => {
      seen.code = code;
    },
  };
  return { host, seen };
}

describe('troupe machines', () => {
  const run = (name: string | undefined, flags: object) => {
    const { host, seen } = hostWith();
    machinesCommand(host, name, flags);
    return seen;
  };

  it('lists them, and writes one or all in each format', () => {
    expect(run(undefined, {}).out.split('\n')).toHaveLength(ALL_MACHINES.size + 1);
    expect(run('pruner', {}).out).toBe(run('pruner', { mermaid: true }).out);
    expect(JSON.parse(run('pruner', { json: true }).out)).toMatchObject({ initial: 'deciding' });
    expect(Object.keys(JSON.parse(run(undefined, { json: true }).out))).toEqual([
      ...ALL_MACHINES.keys(),
    ]);
    expect(run(undefined, { scxml: true }).out).toContain('<!-- pruner -->');
  });

  it('refuses what is not there, and two formats', () => {
    expect(run('nothing', {})).toMatchObject({ code: 2, out: '' });
    expect(run('pruner', { json: true, scxml: true })).toMatchObject({ code: 2, out: '' });
  });
});

describe('troupe inspect', () => {
  it('prints where the inspector is, and says when there is no node', () => {
    const dataDir = temporaryDirectory();
    const { host, seen } = hostWith({ TROUPE_DATA_DIR: dataDir });
    inspectCommand(host, {});
    expect(seen.code).toBe(1);
    expect(seen.error).toContain('npm start');
    writeNodeFile(dataDir, {
      pid: 1,
      bbs_url: '',
      router_url: '',
      status_url: 'http://127.0.0.1:8082',
      status_user: 'someone',
      status_password: 'secret',
      file_server_url: '',
      nats_url: '',
      domain: '',
    });
    inspectCommand(host, {});
    expect(seen.code).toBe(0);
    expect(seen.out.split('\n')[0]).toBe('http://127.0.0.1:8082/inspector/');
  });
});
