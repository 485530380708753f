import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawClient } from '../support/raw-client.ts';
import { type RealServer, realServerVersion, startRealServer } from '../support/real-server.ts';
import { type StartedBroker, startBroker } from '../support/start-broker.ts';
import { CONNECT } from './connect-conversations.ts';
import { type Conversation, PING, PONG, pub, QUIET, splitFrames } from './conversation.ts';
import { FRAMING } from './framing-conversations.ts';
import { KEPT_DIFFERENCES } from './kept-differences.ts';
import { LIMITS } from './limit-conversations.ts';
import { OPERATIONS } from './operation-conversations.ts';
import {
  expectedAfter,
  expectedAnswers,
  type Played,
  playConversation,
} from './play-conversation.ts';
import { SETUP_NAMES, SETUPS, type SetupName } from './setups.ts';

const CONVERSATIONS = [...FRAMING, ...CONNECT, ...OPERATIONS, ...LIMITS];
const isRealRequired = process.env['REQUIRE_REAL_SERVERS'] === '1';
const realVersion = realServerVersion();
const embedded = new Map<SetupName, StartedBroker>();
const real = new Map<SetupName, RealServer>();
const embeddedPlayed = new Map<string, Played | Error>();
const realPlayed = new Map<string, Played | Error>();

beforeAll(async () => {
  await Promise.all(
    SETUP_NAMES.map(async (setup) => {
      const started = await startBroker(SETUPS[setup].options);
      embedded.set(setup, started);
      await playAll(setup, started.address.port, embeddedPlayed, expectedAnswers, false);
      if (realVersion === undefined) return;
      const server = await startRealServer(SETUPS[setup].configuration);
      real.set(setup, server);
      await playAll(setup, server.port, realPlayed, expectedAnswers, true);
    }),
  );
});

afterAll(async () => {
  await Promise.all([...embedded.values()].map((started) => started.broker.close()));
  await Promise.all([...real.values()].map((server) => server.stop()));
});

/** In turn, because the conversations of one setup share its subjects. */
async function playAll(
  setup: SetupName,
  port: number,
  played: Map<string, Played | Error>,
  expectedOf: (conversation: Conversation) => string[],
  isReal: boolean,
): Promise<void> {
  const play = async (conversation: Conversation, expected: readonly string[]): Promise<void> => {
    if ((conversation.setup ?? 'plain') !== setup) return;
    const outcome = await playConversation(conversation, port, expected).catch(toError);
    played.set(conversation.name, outcome);
  };
  for (const conversation of CONVERSATIONS) await play(conversation, expectedOf(conversation));
  for (const kept of KEPT_DIFFERENCES) {
    await play(kept, isReal ? kept.realAnswers : expectedOf(kept));
  }
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

function wanted(conversation: Conversation, answers: readonly string[]): Played {
  return { answers, after: expectedAfter(conversation, answers) };
}

describe('the table of conversations', () => {
  it('names each conversation once', () => {
    const names = [...CONVERSATIONS, ...KEPT_DIFFERENCES].map((conversation) => conversation.name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it.runIf(isRealRequired)('is played against a real nats-server when that is required', () => {
    expect(realVersion, 'nats-server is not installed').toBeDefined();
  });
});

describe('embedded broker', () => {
  it.for(CONVERSATIONS)('$name', (conversation) => {
    const expected = wanted(conversation, expectedAnswers(conversation));
    expect(embeddedPlayed.get(conversation.name)).toEqual(expected);
  });

  it.for(KEPT_DIFFERENCES)('kept difference: $name', (kept) => {
    expect(embeddedPlayed.get(kept.name)).toEqual(wanted(kept, expectedAnswers(kept)));
  });

  it('reported no bug', () => {
    expect([...embedded.values()].flatMap((started) => started.failures)).toEqual([]);
  });
});

describe.skipIf(realVersion === undefined)(`nats-server ${realVersion ?? ''}`, () => {
  it.for(CONVERSATIONS)('$name', (conversation) => {
    const expected = wanted(conversation, expectedAnswers(conversation));
    expect(realPlayed.get(conversation.name)).toEqual(expected);
  });

  it.for(KEPT_DIFFERENCES)('kept difference: $name', (kept) => {
    expect(realPlayed.get(kept.name)).toEqual(wanted(kept, kept.realAnswers));
    expect(kept.realAnswers).not.toEqual(expectedAnswers(kept));
  });

  it.for(SETUP_NAMES)('INFO of %s has the same keys and stable values', async (setup) => {
    const mine = await infoOf(embedded.get(setup)?.address.port);
    const theirs = await infoOf(real.get(setup)?.port);
    expect(mine).toEqual(theirs);
  });
});

/** What differs from server to server is reduced to its type. `go` names a Go version. */
async function infoOf(port: number | undefined): Promise<Record<string, unknown>> {
  const { client, info } = await RawClient.openWithInfo(port ?? 0);
  client.close();
  expect(info).toMatch(/^INFO \{.*\} $/);
  const { go: _, ...fields } = JSON.parse(info.slice('INFO '.length)) as Record<string, unknown>;
  for (const name of ['server_id', 'server_name', 'port', 'client_id']) {
    fields[name] = typeof fields[name];
  }
  return fields;
}

describe('queue groups share the work', () => {
  const MESSAGES = 300;

  async function distribution(port: number): Promise<number[]> {
    const subject = `share.${port}`;
    const members = await Promise.all(
      ['x', 'y', 'z'].map(async () => {
        const { client } = await RawClient.openWithInfo(port);
        client.send(`${QUIET}SUB ${subject} workers 1\r\n${PING}`);
        await client.until(() => client.received === PONG);
        client.take();
        return client;
      }),
    );
    const { client: publisher } = await RawClient.openWithInfo(port);
    publisher.send(QUIET + pub(subject).repeat(MESSAGES) + PING);
    await publisher.until(() => publisher.received === PONG);
    for (const member of members) {
      member.send(PING);
      await member.until(() => member.received.includes(PONG));
    }
    const counts = members.map(
      (member) => splitFrames(member.received).filter((frame) => frame.startsWith('MSG')).length,
    );
    for (const client of [...members, publisher]) client.close();
    return counts;
  }

  function expectFair(counts: readonly number[]): void {
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(MESSAGES);
    // Six standard deviations (49) around a third: fails once in many millions of fair runs.
    for (const count of counts) expect(Math.abs(count - MESSAGES / 3)).toBeLessThan(49);
  }

  it('embedded broker', async () => {
    expectFair(await distribution(embedded.get('plain')?.address.port ?? 0));
  });

  it.skipIf(realVersion === undefined)('nats-server', async () => {
    expectFair(await distribution(real.get('plain')?.port ?? 0));
  });
});
