/** The page: one view at a time, chosen by the address after `#`. */
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { startFeed } from './feed.ts';
import { Store } from './store.ts';
import './style.css';
import { useStore } from './use-store.ts';
import { Actors } from './views/actors.tsx';
import { Apps } from './views/apps.tsx';
import { Cells } from './views/cells.tsx';
import { DeadLetters } from './views/dead-letters.tsx';
import { Events } from './views/events.tsx';
import { Machines } from './views/machines.tsx';
import { Routes } from './views/routes.tsx';

const TABS = [
  ['actors', 'Actors'],
  ['machines', 'Machines'],
  ['apps', 'Apps'],
  ['cells', 'Cells'],
  ['routes', 'Routes'],
  ['events', 'Events'],
  ['dead-letters', 'Dead letters'],
] as const;

const WORDS: Readonly<Record<string, string>> = {
  connecting: 'connecting',
  live: 'live',
  polling: 'asking once a second',
  lost: 'the node is away',
};

/** `#/apps/guid/0/ordinary` → apps, guid/0/ordinary. */
function readAddress(): readonly [tab: string, rest: string] {
  const [tab = '', ...rest] = decodeURIComponent(location.hash.replace(/^#\/?/, '')).split('/');
  return [tab === '' ? 'actors' : tab, rest.join('/')];
}

function useAddress(): readonly [tab: string, rest: string] {
  const [address, setAddress] = useState(readAddress);
  useEffect(() => {
    const listener = (): void => setAddress(readAddress());
    addEventListener('hashchange', listener);
    return () => removeEventListener('hashchange', listener);
  }, []);
  return address;
}

function View({ store, tab, rest }: { store: Store; tab: string; rest: string }) {
  if (tab === 'machines') return <Machines store={store} selected={rest} />;
  if (tab === 'apps') return <Apps store={store} selected={rest} />;
  if (tab === 'cells') return <Cells />;
  if (tab === 'routes') return <Routes />;
  if (tab === 'events') return <Events store={store} />;
  if (tab === 'dead-letters') return <DeadLetters store={store} />;
  return <Actors store={store} selected={rest} />;
}

function Page({ store }: { readonly store: Store }) {
  useStore(store);
  const [tab, rest] = useAddress();
  const letters = Object.values(store.deadLetters).reduce((sum, count) => sum + count, 0);
  return (
    <>
      <header>
        <h1>Troupe</h1>
        <nav>
          {TABS.map(([id, name]) => (
            <a key={id} href={`#/${id}`} aria-current={id === tab ? 'page' : undefined}>
              {name}
              {id === 'dead-letters' && letters > 0 ? ` (${letters})` : ''}
            </a>
          ))}
        </nav>
        <span class={`connection connection-${store.connection}`} role="status">
          {WORDS[store.connection]}
        </span>
      </header>
      <main>
        <View store={store} tab={tab} rest={rest} />
      </main>
    </>
  );
}

const store = new Store();
const place = document.getElementById('page');
if (place !== null) {
  place.textContent = '';
  render(<Page store={store} />, place);
  startFeed(store);
}
