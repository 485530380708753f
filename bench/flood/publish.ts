/** A process that publishes: `node publish.ts NATS_URL MESSAGES_PER_SECOND SECONDS`. */
import { connect } from 'nats';
import { HEAVY, type HostileMessage, LIGHT, type Verdict } from './hostile-messages.ts';

const [url = '', rate = '10000', seconds = '10'] = process.argv.slice(2);
const HEAVY_EVERY = 1000;
const TICK_MS = 10;

/** What was sent, by verdict. */
export type Sent = Readonly<Record<Verdict, number>>;

function messageAt(index: number): HostileMessage {
  const isHeavy = index % HEAVY_EVERY < HEAVY.length;
  const list = isHeavy ? HEAVY : LIGHT;
  return list[(isHeavy ? index % HEAVY_EVERY : index) % list.length] as HostileMessage;
}

async function publishAll(): Promise<void> {
  const connection = await connect({ servers: url });
  const sent: Record<Verdict, number> = { rejected: 0, accepted: 0, uncounted: 0 };
  const total = Number(rate) * Number(seconds);
  const startMs = performance.now();
  let index = 0;
  while (index < total) {
    const dueMs = performance.now() - startMs;
    const due = Math.min(total, Math.floor((dueMs / 1000) * Number(rate)));
    for (; index < due; index += 1) {
      const { subject, payload, verdict } = messageAt(index);
      connection.publish(subject, payload);
      sent[verdict] += 1;
    }
    await connection.flush();
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  const tookMs = performance.now() - startMs;
  await connection.close();
  process.stdout.write(`${JSON.stringify({ sent, tookMs })}\n`);
}

void publishAll();
