/** Events that reached nobody. */
import type { DeadLettersView } from '../../src/inspector/views.ts';
import { clockTime } from '../format.ts';
import type { Store } from '../store.ts';
import { useJson } from '../use-store.ts';

const REFRESH_MS = 2000;

export function DeadLetters({ store }: { readonly store: Store }) {
  const view = useJson<DeadLettersView>('dead-letters', REFRESH_MS);
  if (view === undefined) return <p class="empty">Asking.</p>;
  const counts = Object.entries(view.counts);
  return (
    <div class="scroll">
      <dl class="figures">
        {counts.map(([reason, count]) => (
          <div key={reason}>
            <dt>{reason}</dt>
            <dd>{count}</dd>
          </div>
        ))}
      </dl>
      {view.recent.length === 0 ? <p class="empty">Every event has reached its actor.</p> : null}
      <table>
        <tbody>
          {view.recent.toReversed().map(({ atMs, to, eventType, reason }, at) => (
            <tr key={`${atMs} ${to} ${at}`}>
              <td class="mono">{clockTime(atMs + store.wallOffsetMs)}</td>
              <td>{to}</td>
              <td class="mono">{eventType}</td>
              <td>{reason}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
