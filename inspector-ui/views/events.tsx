/** The log of the tree, filtered. */
import { useState } from 'preact/hooks';
import type { RecordView } from '../../src/inspector/views.ts';
import { clockTime, stateText } from '../format.ts';
import type { Store } from '../store.ts';

const KINDS = ['state', 'start', 'stop', 'crash', 'dead-letter'] as const;
const MAX_SHOWN = 300;

export function Events({ store }: { readonly store: Store }) {
  const [kinds, setKinds] = useState<readonly string[]>(KINDS);
  const [text, setText] = useState('');
  const [held, setHeld] = useState<readonly RecordView[]>();
  const wanted = text.toLowerCase();
  const records = held ?? store.records;
  const matches = records.filter(
    ({ kind, actor, eventType }) =>
      kinds.includes(kind) && `${actor} ${eventType}`.toLowerCase().includes(wanted),
  );
  const toggle = (kind: string): void =>
    setKinds(kinds.includes(kind) ? kinds.filter((own) => own !== kind) : [...kinds, kind]);
  return (
    <div class="scroll">
      <p class="filters">
        <input
          type="search"
          placeholder="part of an actor or an event"
          aria-label="search events"
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
        {KINDS.map((kind) => (
          <label key={kind}>
            <input type="checkbox" checked={kinds.includes(kind)} onChange={() => toggle(kind)} />
            {kind}
          </label>
        ))}
        <button
          type="button"
          onClick={() => setHeld(held === undefined ? store.records : undefined)}
        >
          {held === undefined ? 'hold' : 'go on'}
        </button>
        <small>
          {matches.length} of {records.length} records from #{store.firstSequence} on
          {store.dropped === 0 ? '' : `; ${store.dropped} were dropped`}
        </small>
      </p>
      <table>
        <thead>
          <tr>
            <th class="number">#</th>
            <th>time</th>
            <th>kind</th>
            <th>actor</th>
            <th>event</th>
            <th>state</th>
          </tr>
        </thead>
        <tbody>
          {matches
            .slice(-MAX_SHOWN)
            .reverse()
            .map(({ sequence, atMs, kind, actor, eventType, detail }) => (
              <tr key={sequence} class={`kind-${kind}`}>
                <td class="number">{sequence}</td>
                <td class="mono">{clockTime(atMs + store.wallOffsetMs)}</td>
                <td>{kind}</td>
                <td>
                  <a href={`#/actors/${actor}`}>{actor}</a>
                </td>
                <td class="mono">{eventType}</td>
                <td class="mono">{stateText(detail)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}
