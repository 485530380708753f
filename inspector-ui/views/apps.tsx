/** Apps, their instances, and where each stands in its lifecycle. */
import { edgesBetween } from '../../src/inspector/taken-edges.ts';
import type { AppView, InstanceView } from '../../src/inspector/views.ts';
import { Chart } from '../chart.tsx';
import { clockTime } from '../format.ts';
import type { Store } from '../store.ts';

const MACHINES: Readonly<Record<string, string>> = { evacuating: 'evacuation' };

function InstanceRow(props: { readonly instance: InstanceView; readonly selected: string }) {
  const { key, index, presence, state, cellId, crashCount, crashReason } = props.instance;
  const { placementError } = props.instance;
  return (
    <tr class={key === props.selected ? 'selected' : ''} data-instance={key}>
      <td>
        <a href={`#/apps/${key}`}>
          {index}
          {presence === 'ordinary' ? '' : ` (${presence})`}
        </a>
      </td>
      <td>
        <span class={`chip state-${state}`} data-state-of={key}>
          {state}
        </span>
      </td>
      <td class="mono">{cellId}</td>
      <td class={`number ${crashCount > 0 ? 'warn' : ''}`}>{crashCount}</td>
      <td class="error">{placementError || crashReason}</td>
    </tr>
  );
}

/** The states in one line: where it stands is seen without reading the chart. */
function Stations(props: { readonly states: readonly string[]; readonly current: string }) {
  return (
    <ol class="stations">
      {props.states.map((state) => (
        <li key={state} class={state === props.current ? `chip state-${state}` : 'chip'}>
          {state}
        </li>
      ))}
    </ol>
  );
}

function InstanceDetails({ store, instance }: { store: Store; instance: InstanceView }) {
  const machine = MACHINES[instance.presence] ?? 'actual-lrp';
  const graph = store.machines.get(machine);
  const step = instance.history.at(-1);
  const named = (state: string): string =>
    machine === 'evacuation' && state !== 'absent' ? 'evacuating' : state;
  const last =
    graph === undefined || step === undefined
      ? { edges: [], isCertain: true }
      : edgesBetween(graph, named(step.from), named(step.to));
  return (
    <section class="details" data-details={instance.key}>
      <h2>
        {instance.processGuid} / {instance.index}
      </h2>
      <p class="mono">{instance.instanceGuid || 'no instance yet'}</p>
      <Stations
        states={(graph?.states ?? []).slice(1).map(({ key }) => key)}
        current={named(instance.state)}
      />
      <Chart
        machine={machine}
        active={[`${machine}.${named(instance.state)}`]}
        last={last}
        counts={store.coverage.get(machine)?.counts ?? new Map()}
      />
      <h3>History, newest first</h3>
      <ol class="steps history">
        {instance.history
          .map((entry, at) => ({ ...entry, at }))
          .reverse()
          .map(({ wallMs, from, to, note, at }) => (
            <li key={at}>
              <time>{clockTime(wallMs)}</time>
              <b>
                {from} → {to}
              </b>
              <span>{note}</span>
            </li>
          ))}
      </ol>
    </section>
  );
}

function instancesOf(store: Store, app: AppView): InstanceView[] {
  return [...store.instances.values()]
    .filter(({ processGuid }) => processGuid === app.processGuid)
    .sort((left, right) => left.index - right.index || (left.key < right.key ? -1 : 1));
}

/** Instances of apps that are gone come last. */
function appsOf(store: Store): AppView[] {
  const { apps } = store.lrps;
  const known = new Set(apps.map(({ processGuid }) => processGuid));
  const others = new Set(
    [...store.instances.values()]
      .map(({ processGuid }) => processGuid)
      .filter((guid) => !known.has(guid)),
  );
  const gone = [...others].map((processGuid) => ({
    processGuid,
    name: processGuid,
    domain: '',
    instances: 0,
  }));
  return [...apps, ...gone];
}

export function Apps({ store, selected }: { readonly store: Store; readonly selected: string }) {
  const apps = appsOf(store);
  const instance = store.instances.get(selected);
  const { problem, isComplete } = store.lrps;
  return (
    <div class={instance === undefined ? 'one' : 'two narrow-left'}>
      <div class="scroll">
        {problem === '' ? null : <p class="banner">{problem}</p>}
        {isComplete ? null : <p class="banner">There are more than are shown.</p>}
        {apps.length === 0 ? (
          <p class="empty">No apps. Try: npx troupe push examples/hello</p>
        ) : null}
        {apps.map((app) => (
          <article key={app.processGuid} class="app" data-app={app.name}>
            <h3>
              {app.name} <small>{app.instances} wanted</small>
            </h3>
            {app.name === app.processGuid ? null : <p class="mono">{app.processGuid}</p>}
            <table>
              <thead>
                <tr>
                  <th>index</th>
                  <th>state</th>
                  <th>cell</th>
                  <th class="number">crashes</th>
                  <th>why</th>
                </tr>
              </thead>
              <tbody>
                {instancesOf(store, app).map((own) => (
                  <InstanceRow key={own.key} instance={own} selected={selected} />
                ))}
              </tbody>
            </table>
          </article>
        ))}
      </div>
      {instance === undefined ? null : <InstanceDetails store={store} instance={instance} />}
    </div>
  );
}
