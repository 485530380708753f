/**
 * A process that registers many routes and then goes on with heartbeats for ever:
 * `node register-routes.ts NATS_URL ROUTES PER_SECOND`.
 */
import { connect } from 'nats';

const [url = '', routesText = '', perSecondText = ''] = process.argv.slice(2);
const routes = Number(routesText);
const perSecond = Number(perSecondText);
const BATCH = 5000;
const TICK_MS = 20;

function message(index: number): string {
  return JSON.stringify({
    host: '127.0.0.1',
    port: 9,
    uris: [`app-${index}.apps.example.com`],
    app: `11111111-2222-4333-8444-${String(index).padStart(12, '0')}`,
    private_instance_id: `aaaaaaaa-bbbb-4ccc-8ddd-${String(index).padStart(12, '0')}`,
    private_instance_index: '0',
    tags: { component: 'route-emitter' },
  });
}

async function registerForEver(): Promise<void> {
  const connection = await connect({ servers: url });
  for (let index = 0; index < routes; index += 1) {
    connection.publish('router.register', message(index));
    if (index % BATCH === BATCH - 1) await connection.flush();
  }
  await connection.flush();
  console.log('all registered');
  const startMs = performance.now();
  let sent = 0;
  setInterval(() => {
    const due = ((performance.now() - startMs) / 1000) * perSecond;
    for (; sent < due; sent += 1) connection.publish('router.register', message(sent % routes));
  }, TICK_MS);
}

void registerForEver();
