import { setTimeout as delay } from 'node:timers/promises';
import { RawClient } from '../support/raw-client.ts';
import { CLOSED, type Conversation, PING, PONG, splitFrames } from './conversation.ts';

export interface Played {
  /** What came back in each step. */
  readonly answers: readonly string[];
  /** What each client still got to hear after that: a PONG to a PING when it is open. */
  readonly after: Readonly<Record<string, string>>;
}

const CHUNK_GAP_MS = 1;
const QUIET_MS = 50;
const CLOSED_AFTER = '';

/** `expected` only says how long to wait; what came is returned as it is. */
export async function playConversation(
  conversation: Conversation,
  port: number,
  expected: readonly string[],
): Promise<Played> {
  const clients = new Map<string, RawClient>();
  const answers: string[] = [];
  try {
    for (const [index, [name, send]] of conversation.steps.entries()) {
      let client = clients.get(name);
      if (client === undefined) {
        client = (await RawClient.openWithInfo(port)).client;
        clients.set(name, client);
      }
      await sendChunks(client, send);
      answers.push(await hear(client, expected[index] ?? '', conversation));
    }
    const after: Record<string, string> = {};
    for (const [name, client] of clients) after[name] = await hearAfter(client, conversation);
    return { answers, after };
  } finally {
    for (const client of clients.values()) client.close();
  }
}

/** What a correct server leaves each client with. */
export function expectedAfter(
  conversation: Conversation,
  answers: readonly string[],
): Record<string, string> {
  const after: Record<string, string> = {};
  for (const [index, [name]] of conversation.steps.entries()) {
    const isClosed = answers[index]?.endsWith(CLOSED) === true;
    after[name] = isClosed || conversation.unfinished ? CLOSED_AFTER : PONG;
  }
  return after;
}

async function sendChunks(client: RawClient, send: string | readonly string[]): Promise<void> {
  if (typeof send === 'string') {
    if (send !== '') client.send(send);
    return;
  }
  for (const chunk of send) {
    client.send(chunk);
    await delay(CHUNK_GAP_MS);
  }
}

async function hear(
  client: RawClient,
  expected: string,
  conversation: Conversation,
): Promise<string> {
  const wantsClosed = expected.endsWith(CLOSED);
  const length = expected.length - (wantsClosed ? CLOSED.length : 0);
  await client.until(() => client.isClosed || (client.received.length >= length && !wantsClosed));
  const text = client.take();
  const ordered = conversation.anyOrder ? splitFrames(text).sort().join('') : text;
  return ordered + (client.isClosed ? CLOSED : '');
}

async function hearAfter(client: RawClient, conversation: Conversation): Promise<string> {
  if (client.isClosed) return client.take();
  if (conversation.unfinished) {
    await client.until(() => client.isClosed || client.received !== '', QUIET_MS);
    return client.take() + (client.isClosed ? CLOSED : '');
  }
  client.send(PING);
  await client.until(() => client.isClosed || client.received.includes(PONG));
  return client.take() + (client.isClosed ? CLOSED : '');
}

export function expectedAnswers(conversation: Conversation): string[] {
  return conversation.steps.map(([, , answer]) =>
    conversation.anyOrder ? splitFrames(answer).sort().join('') : answer,
  );
}
