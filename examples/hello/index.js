// A small app: it serves HTTP and a WebSocket echo, and tells the router where it is. On a cell it
// only serves: `troupe push examples/hello`.
import { randomUUID } from 'node:crypto';
import { startServer } from './server.js';
import { HELP, readSettings } from './settings.js';

/** Requests that a router sent before it heard of the unregistration still arrive. */
const LINGER_MS = 250;

const print = (text) => console.log(`hello: ${text}`);

function fail(text) {
  console.error(`hello: ${text}`);
  process.exit(1);
}

function messageOf({ address, routes, instance }, port) {
  return {
    host: address,
    port,
    uris: routes,
    app: `hello-${routes[0]}`,
    private_instance_id: randomUUID(),
    private_instance_index: instance,
    tags: { component: 'hello', instance_id: instance },
  };
}

/** `registration`: undefined when another one, the cell, told the router of us. */
function endOnSignals(server, registration) {
  let isEnding = false;
  const end = async (signal) => {
    if (isEnding) return;
    isEnding = true;
    server.announceEnd();
    print(`${signal}: ${registration === undefined ? 'draining' : 'unregistering'}`);
    await registration?.end();
    await new Promise((resolve) => setTimeout(resolve, LINGER_MS));
    await server.close();
    print('stopped');
    process.exit(0);
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}

async function register(settings, port) {
  const message = messageOf(settings, port);
  try {
    // Only here: on a cell the package for NATS need not be there.
    const { registerAt } = await import('./registration.js');
    return await registerAt(settings.natsServers, message, print);
  } catch (error) {
    const where = settings.natsServers.join(', ');
    fail(`no NATS server answers at ${where} (${error.message}); \`npm start\` brings one up`);
    return undefined;
  }
}

async function main() {
  const settings = readSettings(process.argv.slice(2), process.env);
  if (settings.isHelpWanted) {
    process.stdout.write(HELP);
    return;
  }
  const server = await startServer(settings);
  print(`instance ${settings.instance} listens on ${settings.address}:${server.port}`);
  if (!settings.isRegistering) {
    endOnSignals(server, undefined);
    return;
  }
  const registration = await register(settings, server.port);
  if (registration === undefined) return;
  endOnSignals(server, registration);
  print(`registered ${settings.routes.join(', ')} over NATS at ${registration.server}`);
}

main().catch((error) => fail(error.message));
