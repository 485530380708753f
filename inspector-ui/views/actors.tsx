/** The supervision tree, and one actor of it in full. */
import { useState } from 'preact/hooks';
import { activeStates } from '../../src/inspector/taken-edges.ts';
import type { ActorView } from '../../src/inspector/views.ts';
import { Chart } from '../chart.tsx';
import { clockTime, duration, stateText } from '../format.ts';
import type { Step, Store } from '../store.ts';

interface Props {
  readonly store: Store;
  readonly selected: string;
}

/** A moment that is looked at again; undefined: the present. */
interface Past {
  readonly sequence: number;
  readonly states: ReadonlyMap<string, unknown>;
}

const NO_COUNTS: ReadonlyMap<string, number> = new Map();

interface RowProps extends Props {
  readonly past: Past | undefined;
  readonly actor: ActorView;
  readonly parent: string;
  readonly depth: number;
}

function TreeRows({ store, past, actor, parent, depth, selected }: RowProps) {
  const { name, status, restarts, uptimeMs, mailboxDepth, lastError, children } = actor;
  const shortName = name.startsWith(`${parent}/`) ? name.slice(parent.length + 1) : name;
  const state = past === undefined ? actor.state : past.states.get(name);
  const rate = store.eventsPerSecond.get(name) ?? 0;
  return (
    <>
      <tr class={name === selected ? 'selected' : ''} data-actor={name}>
        <td class="name" style={{ paddingLeft: `${8 + depth * 16}px` }}>
          <a href={`#/actors/${name}`} title={name}>
            {shortName}
          </a>
        </td>
        <td>
          <span class={`chip status-${status}`}>{status}</span>
        </td>
        <td class="mono" data-state-text>
          {stateText(state) || (past === undefined ? '' : '-')}
        </td>
        <td class="number">{duration(uptimeMs)}</td>
        <td class={`number ${restarts > 0 ? 'warn' : ''}`} data-restarts={restarts}>
          {restarts}
        </td>
        <td class="number">{mailboxDepth}</td>
        <td class="number">{rate === 0 ? '' : rate.toFixed(1)}</td>
        <td class="error optional" title={lastError}>
          {lastError}
        </td>
      </tr>
      {children.map((child) => (
        <TreeRows
          key={child.name}
          store={store}
          past={past}
          actor={child}
          parent={name}
          depth={depth + 1}
          selected={selected}
        />
      ))}
    </>
  );
}

function find(actor: ActorView | undefined, name: string): ActorView | undefined {
  if (actor === undefined || actor.name === name) return actor;
  for (const child of actor.children) {
    const found = find(child, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function StepList(props: {
  readonly store: Store;
  readonly steps: readonly Step[];
  readonly shown: Step | undefined;
  readonly onShow: (step: Step | undefined) => void;
}) {
  const { store, steps, shown, onShow } = props;
  return (
    <ol class="steps">
      {steps
        .slice(-50)
        .reverse()
        .map((step) => (
          <li key={step.record.sequence}>
            <button
              type="button"
              class={step === shown ? 'selected' : ''}
              onClick={() => onShow(step === shown ? undefined : step)}
            >
              <time>{clockTime(step.record.atMs + store.wallOffsetMs)}</time>
              <b>{step.record.eventType}</b>
              <span>{stateText(step.record.detail)}</span>
            </button>
          </li>
        ))}
    </ol>
  );
}

interface DetailsProps {
  readonly store: Store;
  readonly actor: ActorView;
  readonly past: Past | undefined;
}

function Details({ store, actor, past }: DetailsProps) {
  const [shown, setShown] = useState<Step>();
  const machine = store.machineOf(actor.name);
  const graph = store.machines.get(machine);
  const all = store.steps.get(actor.name) ?? [];
  const steps =
    past === undefined ? all : all.filter(({ record }) => record.sequence <= past.sequence);
  // An event that changed nothing took no transition: the last one stays the last one.
  const step = shown ?? steps.findLast(({ taken }) => taken.edges.length > 0);
  const present = past === undefined ? actor.state : past.states.get(actor.name);
  const state = shown === undefined ? present : shown.record.detail;
  return (
    <section class="details" data-details={actor.name}>
      <h2>{actor.name}</h2>
      <p>
        machine <a href={`#/machines/${machine}`}>{machine}</a>, {actor.status},{' '}
        {actor.restarts === 1 ? 'restarted once' : `restarted ${actor.restarts} times`}
        {shown === undefined && past === undefined ? '' : '; the chart is of the chosen moment'}
      </p>
      {graph === undefined ? (
        <p class="empty">It does not run now.</p>
      ) : (
        <Chart
          machine={machine}
          active={activeStates(graph, state)}
          last={step?.taken ?? { edges: [], isCertain: true }}
          counts={store.coverage.get(machine)?.counts ?? NO_COUNTS}
        />
      )}
      {actor.stack === '' ? null : (
        <details open>
          <summary>last crash</summary>
          <pre class="stack">{actor.stack}</pre>
        </details>
      )}
      <h3>Steps, newest first; choose one to see the chart as it was</h3>
      <StepList store={store} steps={steps} shown={shown} onShow={setShown} />
    </section>
  );
}

interface TimeProps {
  readonly store: Store;
  readonly past: Past | undefined;
  readonly onMove: (sequence: number | undefined) => void;
}

/** Back through the records that the page has, one by one. */
function TimeTravel({ store, past, onMove }: TimeProps) {
  const last = store.records.at(-1)?.sequence ?? 0;
  const first = store.records[0]?.sequence ?? 0;
  const record = store.records.find(({ sequence }) => sequence === past?.sequence);
  const onInput = (value: string): void =>
    onMove(Number(value) >= last ? undefined : Number(value));
  return (
    <p class="filters time">
      <input
        type="range"
        aria-label="go back in time"
        min={first}
        max={last}
        value={past?.sequence ?? last}
        onInput={({ currentTarget }) => onInput(currentTarget.value)}
      />
      {past === undefined ? (
        <small>now; drag to go back through {store.records.length} records</small>
      ) : (
        <>
          <small data-past={past.sequence}>
            states after #{past.sequence}
            {record === undefined
              ? ''
              : `: ${clockTime(record.atMs + store.wallOffsetMs)}` +
                ` ${record.actor} ${record.eventType || record.kind}`}
          </small>
          <button type="button" onClick={() => onMove(undefined)}>
            back to now
          </button>
        </>
      )}
    </p>
  );
}

export function Actors({ store, selected }: Props) {
  const [moment, setMoment] = useState<number>();
  const { tree } = store;
  const past =
    moment === undefined ? undefined : { sequence: moment, states: store.statesAt(moment) };
  if (tree === undefined) return <p class="empty">The tree is on its way.</p>;
  const actor = selected === '' ? undefined : find(tree, selected);
  return (
    <div class={actor === undefined ? 'one' : 'two'}>
      <div class="scroll">
        <TimeTravel store={store} past={past} onMove={setMoment} />
        <table>
          <thead>
            <tr>
              <th>actor</th>
              <th>status</th>
              <th>state</th>
              <th class="number">up</th>
              <th class="number">restarts</th>
              <th class="number">mailbox</th>
              <th class="number">events/s</th>
              <th class="optional">last crash</th>
            </tr>
          </thead>
          <tbody>
            <TreeRows
              store={store}
              past={past}
              actor={tree}
              parent=""
              depth={0}
              selected={selected}
            />
          </tbody>
        </table>
      </div>
      {actor === undefined ? null : (
        <Details key={actor.name} store={store} actor={actor} past={past} />
      )}
    </div>
  );
}
