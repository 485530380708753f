/** Routes with their endpoints, searched by the node. */
import { useState } from 'preact/hooks';
import type { RoutesView } from '../../src/inspector/views.ts';
import { duration } from '../format.ts';
import { useJson } from '../use-store.ts';

const REFRESH_MS = 2000;

interface Figures {
  readonly requests?: number;
  readonly requests_per_sec?: number;
  readonly responses_2xx?: number;
  readonly responses_4xx?: number;
  readonly responses_5xx?: number;
  readonly bad_gateways?: number;
  readonly latency?: Readonly<Record<string, number>>;
  readonly rate?: readonly number[];
}

function FigureList({ figures }: { readonly figures: Figures }) {
  const { latency = {}, rate = [] } = figures;
  const ms = (key: string): string => {
    const seconds = latency[key];
    return seconds === undefined ? '-' : `${(seconds * 1000).toFixed(1)} ms`;
  };
  const rows: readonly (readonly [string, string | number])[] = [
    ['requests', figures.requests ?? 0],
    ['per second', (rate[0] ?? figures.requests_per_sec ?? 0).toFixed(1)],
    ['2xx', figures.responses_2xx ?? 0],
    ['4xx', figures.responses_4xx ?? 0],
    ['5xx', figures.responses_5xx ?? 0],
    ['bad gateways', figures.bad_gateways ?? 0],
    ['half below', ms('50')],
    ['95 % below', ms('95')],
    ['99 % below', ms('99')],
  ];
  return (
    <dl class="figures">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Routes() {
  const [search, setSearch] = useState('');
  const view = useJson<RoutesView>(`routes?search=${encodeURIComponent(search)}`, REFRESH_MS);
  return (
    <div class="scroll">
      {view?.figures ? <FigureList figures={view.figures as Figures} /> : null}
      <p class="filters">
        <input
          type="search"
          placeholder="part of a route or of an address"
          aria-label="search routes"
          value={search}
          onInput={({ currentTarget }) => setSearch(currentTarget.value)}
        />
        {view === undefined ? '' : ` ${view.matches} of ${view.total} routes`}
        {view !== undefined && view.routes.length < view.matches
          ? `, the first ${view.routes.length} are shown`
          : ''}
      </p>
      <table>
        <thead>
          <tr>
            <th>route</th>
            <th>endpoint</th>
            <th>instance</th>
            <th>health</th>
            <th class="number">refreshed before</th>
          </tr>
        </thead>
        <tbody>
          {(view?.routes ?? []).flatMap(({ key, endpoints }) =>
            endpoints.length === 0
              ? [
                  <tr key={key} data-route={key}>
                    <td>{key}</td>
                    <td colSpan={4} class="warn">
                      no endpoint
                    </td>
                  </tr>,
                ]
              : endpoints.map((endpoint, at) => (
                  <tr key={`${key} ${endpoint.address}`} data-route={key}>
                    <td>{at === 0 ? key : ''}</td>
                    <td class="mono">{endpoint.address}</td>
                    <td class="mono">{endpoint.instanceId}</td>
                    <td>
                      <span class={`chip status-${endpoint.isFailed ? 'backoff' : 'up'}`}>
                        {endpoint.isFailed ? 'failed' : 'good'}
                      </span>
                    </td>
                    <td class="number">{duration(endpoint.ageMs)}</td>
                  </tr>
                )),
          )}
        </tbody>
      </table>
    </div>
  );
}
