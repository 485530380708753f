import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSeededRandom } from '../../src/adapters/random/seeded-random.ts';
import { msg, PING, PONG, pub, QUIET } from './conformance/conversation.ts';
import { FRAMING } from './conformance/framing-conversations.ts';
import { OPERATIONS } from './conformance/operation-conversations.ts';
import { RawClient } from './support/raw-client.ts';
import { type StartedBroker, startBroker } from './support/start-broker.ts';

const INPUTS = 20_000;
const CONNECTIONS_AT_ONCE = 50;
const INPUT_MAX_BYTES = 2_000;
const SEED = 20_251;

const FRAGMENTS = [
  'PUB ',
  'HPUB ',
  'SUB ',
  'UNSUB ',
  'CONNECT ',
  'PING\r\n',
  'PONG\r\n',
  'INFO ',
  '+OK\r\n',
  '-ERR ',
  'foo',
  '.',
  '*',
  '>',
  ' ',
  '\t',
  '\r\n',
  '\n',
  '\r',
  '0',
  '2',
  '12',
  '999999999',
  '-1',
  '{}',
  '{"verbose":false,"headers":true,"no_responders":true}',
  'NATS/1.0\r\n\r\n',
  '\x00',
  '\xff',
];

/** Half are mutations of good conversations, half are put together from pieces and noise. */
function makeInputs(): string[] {
  const random = createSeededRandom(SEED);
  const pick = <Item>(items: readonly Item[]): Item | undefined =>
    items[random.below(items.length)];
  const seeds = [...FRAMING, ...OPERATIONS]
    .flatMap((conversation) => conversation.steps)
    .map(([, send]) => (typeof send === 'string' ? send : send.join('')).slice(0, INPUT_MAX_BYTES));
  const mutate = (text: string): string => {
    let bytes = text;
    for (let change = random.below(4); change >= 0; change -= 1) {
      const at = random.below(bytes.length + 1);
      const piece = random.below(2)
        ? (pick(FRAGMENTS) ?? '')
        : String.fromCharCode(random.below(256));
      bytes = bytes.slice(0, at) + piece + bytes.slice(at + random.below(4));
    }
    return bytes;
  };
  return Array.from({ length: INPUTS }, (_, index) => {
    if (index % 2 === 0) return mutate(pick(seeds) ?? '');
    return Array.from({ length: 1 + random.below(20) }, () => pick(FRAGMENTS)).join('');
  });
}

describe('bad input', () => {
  let started: StartedBroker;

  beforeAll(async () => {
    started = await startBroker({ closeGraceMs: 200 });
  });

  afterAll(() => started.broker.close());

  /** One connection takes input after input; when the broker ends it, the next one goes on. */
  async function feed(inputs: string[]): Promise<void> {
    while (inputs.length > 0) {
      const { client } = await RawClient.openWithInfo(started.address.port);
      while (!client.isClosed && inputs.length > 0) {
        client.send(inputs.pop() ?? '');
        await new Promise((resolve) => setImmediate(resolve));
      }
      client.close();
    }
  }

  it(`of ${INPUTS} kinds leaves the broker in order`, { timeout: 60_000 }, async () => {
    const inputs = makeInputs();
    await Promise.all(Array.from({ length: CONNECTIONS_AT_ONCE }, () => feed(inputs)));
    expect(started.failures).toEqual([]);
    await expect
      .poll(() => started.broker.stats())
      .toMatchObject({
        connections: 0,
        subscriptions: 0,
        pendingBytes: 0,
      });
    const { client } = await RawClient.openWithInfo(started.address.port);
    client.send(`${QUIET}SUB healthy 1\r\n${pub('healthy', 'yes')}${PING}`);
    await client.until(() => client.received.endsWith(PONG));
    expect(client.received).toBe(msg('healthy', 1, 'yes') + PONG);
    client.close();
  });
});
