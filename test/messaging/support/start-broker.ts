import { createRealClock } from '../../../src/adapters/clock/real-clock.ts';
import { createMemoryLog } from '../../../src/adapters/log/memory-log.ts';
import { createSeededRandom } from '../../../src/adapters/random/seeded-random.ts';
import {
  type Broker,
  type BrokerAddress,
  type BrokerOptions,
  createBroker,
} from '../../../src/messaging/broker/index.ts';

export interface StartedBroker {
  readonly broker: Broker;
  readonly address: BrokerAddress;
  /** `nats://…` for the client library. */
  readonly url: string;
  /** Bugs that the broker reported; a test expects none. */
  readonly failures: Error[];
}

export async function startBroker(options: BrokerOptions = {}): Promise<StartedBroker> {
  const failures: Error[] = [];
  const broker = createBroker(
    { port: 0, onFailure: (error) => failures.push(error), ...options },
    { clock: createRealClock(), random: createSeededRandom(7), log: createMemoryLog().log },
  );
  const address = await broker.listen();
  return { broker, address, url: `nats://127.0.0.1:${address.port}`, failures };
}
