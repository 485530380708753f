// Keeps an app's routes at the router, the way Cloud Foundry does it: ask `router.greet` how often
// to register, send `router.register` at that interval and at once when a router says
// `router.start`, send `router.unregister` at the end.
import { connect } from 'nats';

/** When no router has told us an interval. */
const DEFAULT_INTERVAL_MS = 20_000;
const RECONNECT_WAIT_MS = 500;
const CONNECT_TIMEOUT_MS = 5000;
const GREET_TIMEOUT_MS = 1000;
const UNREGISTER_LIMIT_MS = 1000;

/** Several heartbeats must fit into the time after which a router forgets an endpoint. */
function intervalOf({ minimumRegisterIntervalInSeconds, pruneThresholdInSeconds }) {
  const wantedMs = minimumRegisterIntervalInSeconds * 1000 || DEFAULT_INTERVAL_MS;
  const thresholdMs = pruneThresholdInSeconds * 1000 || Number.POSITIVE_INFINITY;
  return Math.min(wantedMs, thresholdMs / 3);
}

/** Says goodbye; without a server at hand there is nobody to tell. */
async function unregister(connection, payload) {
  if (!connection.isClosed()) connection.publish('router.unregister', payload);
  const limit = new Promise((resolve) => setTimeout(resolve, UNREGISTER_LIMIT_MS).unref());
  await Promise.race([connection.flush().catch(() => {}), limit]);
  await Promise.race([connection.close(), limit]);
}

/** Rejects when no server answers; after that it reconnects for ever. */
export async function registerAt(servers, message, print) {
  const connection = await connect({
    servers,
    name: 'hello',
    timeout: CONNECT_TIMEOUT_MS,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_WAIT_MS,
  });
  const payload = JSON.stringify(message);
  let intervalMs = DEFAULT_INTERVAL_MS;
  let timer;
  let isEnded = false;

  function register() {
    if (isEnded) return;
    connection.publish('router.register', payload);
    clearTimeout(timer);
    timer = setTimeout(register, intervalMs);
  }

  function obey(start) {
    const before = intervalMs;
    try {
      intervalMs = intervalOf(JSON.parse(start));
    } catch {
      print('a router announced itself in a way that is not understood');
    }
    if (intervalMs !== before) print(`registering every ${(intervalMs / 1000).toFixed(1)} s`);
    register();
  }

  async function greet() {
    try {
      obey((await connection.request('router.greet', '', { timeout: GREET_TIMEOUT_MS })).string());
    } catch {
      // No router is there yet: its router.start will tell.
      register();
    }
  }

  async function watch() {
    for await (const { type } of connection.status()) {
      if (type === 'disconnect') print('the NATS server is gone, waiting for it to come back');
      if (type !== 'reconnect') continue;
      print(`connected again to NATS at ${connection.getServer()}`);
      // A router that started before us has said so already.
      void greet();
    }
  }

  connection.subscribe('router.start', {
    callback(error, start) {
      if (error !== null) return;
      print('a router has started, registering at once');
      obey(start.string());
    },
  });
  void watch();
  await greet();
  const end = () => {
    isEnded = true;
    clearTimeout(timer);
    return unregister(connection, payload);
  };
  return { server: connection.getServer(), end };
}
