/** Every machine, with what was taken of it. */
import { activeStates } from '../../src/inspector/taken-edges.ts';
import type { ActorView } from '../../src/inspector/views.ts';
import { Chart } from '../chart.tsx';
import type { Store } from '../store.ts';

const flat = (actor: ActorView | undefined): ActorView[] =>
  actor === undefined ? [] : [actor, ...actor.children.flatMap(flat)];

function activeOf(store: Store, machine: string): string[] {
  const graph = store.machines.get(machine);
  if (graph === undefined) return [];
  if (machine === 'actual-lrp') {
    const states = [...store.instances.values()].map(({ state }) => `${machine}.${state}`);
    return [...new Set(states)];
  }
  const own = flat(store.tree).filter((actor) => actor.machine === machine);
  return [...new Set(own.flatMap(({ state }) => activeStates(graph, state)))];
}

export function Machines({
  store,
  selected,
}: {
  readonly store: Store;
  readonly selected: string;
}) {
  const machine = store.machines.has(selected) ? selected : '';
  const own = machine === '' ? undefined : store.coverageOf(machine);
  return (
    <div class={machine === '' ? 'one' : 'two narrow-left'}>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th>machine</th>
              <th class="number">states</th>
              <th class="number">transitions</th>
              <th class="number">taken</th>
            </tr>
          </thead>
          <tbody>
            {[...store.machines.values()].map(({ id, states, edges }) => (
              <tr key={id} class={id === machine ? 'selected' : ''}>
                <td>
                  <a href={`#/machines/${id}`}>{id}</a>
                </td>
                <td class="number">{states.length - 1}</td>
                <td class="number">{edges.length}</td>
                <td class="number">{store.coverage.get(id)?.counts.size ?? 0}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {own === undefined ? null : (
        <section class="details">
          <h2>{machine}</h2>
          <Chart
            machine={machine}
            active={activeOf(store, machine)}
            last={own.last}
            counts={own.counts}
          />
        </section>
      )}
    </div>
  );
}
