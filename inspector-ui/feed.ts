/** Keeps the store fed: a WebSocket that comes back, or requests where there can be none. */
import type { MachineGraph } from '../src/inspector/machine-graph.ts';
import type { ActorView, EventsView, LrpsView } from '../src/inspector/views.ts';
import type { Store } from './store.ts';

const RETRY_MS = 1000;
const POLL_MS = 1000;
/** So often a WebSocket may fail before its first frame, until it is given up. */
const MAX_FAILURES = 3;

export async function getJson<T>(path: string): Promise<T> {
  const answer = await fetch(`api/${path}`);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return (await answer.json()) as T;
}

async function poll(store: Store): Promise<void> {
  try {
    const events = await getJson<EventsView>(`events?since=${store.next}`);
    store.takeTree(await getJson<ActorView>('tree'));
    store.takeLrps(await getJson<LrpsView>('lrps'));
    store.wallOffsetMs = events.wallMs - events.nowMs;
    store.takeRecords(events.records, events.dropped);
    store.connection = 'polling';
  } catch {
    store.connection = 'lost';
  }
  store.changed();
  setTimeout(() => void poll(store), POLL_MS);
}

async function loadMachines(store: Store): Promise<void> {
  try {
    store.takeMachines(await getJson<MachineGraph[]>('machines'));
    store.changed();
  } catch {
    setTimeout(() => void loadMachines(store), RETRY_MS);
  }
}

export function startFeed(store: Store): void {
  void loadMachines(store);
  let failures = 0;
  const open = (): void => {
    const url = new URL(`feed?since=${store.next}`, location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    url.hash = '';
    const socket = new WebSocket(url);
    let isOpened = false;
    socket.onmessage = ({ data }) => {
      isOpened = true;
      failures = 0;
      store.connection = 'live';
      store.take(JSON.parse(String(data)));
    };
    socket.onclose = () => {
      if (!isOpened) failures += 1;
      store.connection = 'lost';
      store.changed();
      // Some browsers send no password with a WebSocket.
      if (failures >= MAX_FAILURES) void poll(store);
      else setTimeout(open, RETRY_MS);
    };
  };
  open();
}
