import type { BrokerCore, Subscription } from './broker-core.ts';
import type { ClientConnection } from './client-connection.ts';
import type { PublishHead } from './protocol-parser.ts';

/** A message under way, with the parts of its MSG and HMSG lines that all receivers share. */
interface Outgoing {
  readonly core: BrokerCore;
  readonly publisher: ClientConnection;
  readonly head: PublishHead;
  readonly payload: Buffer;
  /** `MSG subject ` or `HMSG subject `. */
  readonly start: string;
  /** ` reply size\r\n` and the like. */
  readonly end: string;
}

/** Hands a message to everyone who is interested (cfv1.md §10.4, Delivery). */
export function routeMessage(
  core: BrokerCore,
  publisher: ClientConnection,
  head: PublishHead,
  payload: Buffer,
): void {
  const found = core.sublist.match(head.subject);
  let isDelivered = false;
  if (found.plain.length > 0 || found.queues.length > 0) {
    const outgoing = toOutgoing(core, publisher, head, payload);
    for (const subscription of found.plain) {
      if (deliver(outgoing, subscription)) isDelivered = true;
    }
    for (const members of found.queues) {
      if (deliverToOne(outgoing, members)) isDelivered = true;
    }
  }
  if (!isDelivered && head.reply !== '' && publisher.connect.noResponders) {
    tellNoResponders(core, publisher, head.reply);
  }
}

export function removeSubscription(core: BrokerCore, subscription: Subscription): void {
  subscription.isRemoved = true;
  subscription.client.subscriptions.delete(subscription.sid);
  core.sublist.remove(subscription);
}

function toOutgoing(
  core: BrokerCore,
  publisher: ClientConnection,
  head: PublishHead,
  payload: Buffer,
): Outgoing {
  const hasHeader = head.headerBytes > 0;
  const reply = head.reply === '' ? '' : ` ${head.reply}`;
  const sizes = hasHeader ? `${head.headerText} ${head.totalText}` : head.totalText;
  return {
    core,
    publisher,
    head,
    payload,
    start: `${hasHeader ? 'HMSG' : 'MSG'} ${head.subject} `,
    end: `${reply} ${sizes}\r\n`,
  };
}

/** A random member; when that one cannot take it, the others in turn. */
function deliverToOne(outgoing: Outgoing, members: readonly Subscription[]): boolean {
  const first = members.length === 1 ? 0 : outgoing.core.random.below(members.length);
  for (let step = 0; step < members.length; step += 1) {
    const member = members[(first + step) % members.length];
    if (member !== undefined && deliver(outgoing, member)) return true;
  }
  return false;
}

/** False: this subscription cannot take the message. */
function deliver(outgoing: Outgoing, subscription: Subscription): boolean {
  const { core, publisher, head, payload } = outgoing;
  const { client } = subscription;
  if (subscription.isRemoved || client.isClosed) return false;
  if (client === publisher && !client.connect.echo) return false;
  if (subscription.isWildcard && client.permissions?.mayReceive(head.subject) === false) {
    return false;
  }
  subscription.delivered += 1;
  if (subscription.delivered === subscription.max) removeSubscription(core, subscription);
  let sentBytes = payload.length;
  if (head.headerBytes > 0 && !client.connect.headers) {
    const body = payload.subarray(head.headerBytes);
    const reply = head.reply === '' ? '' : ` ${head.reply}`;
    client.sendMessage(`MSG ${head.subject} ${subscription.sid}${reply} ${body.length}\r\n`, body);
    sentBytes = body.length;
  } else client.sendMessage(outgoing.start + subscription.sid + outgoing.end, payload);
  client.traffic.outMessages += 1;
  client.traffic.outBytes += sentBytes;
  core.counters.outMessages += 1;
  core.counters.outBytes += sentBytes;
  if (client.isNearlyFull && client !== publisher) publisher.stall();
  return true;
}

const NO_RESPONDERS = Buffer.from('NATS/1.0 503\r\n\r\n');

/** Only a plain subscription of the publisher itself that matches the reply gets the answer. */
function tellNoResponders(core: BrokerCore, publisher: ClientConnection, reply: string): void {
  const own = core.sublist.match(reply).plain.find((found) => found.client === publisher);
  if (own === undefined || own.isRemoved) return;
  const size = NO_RESPONDERS.length;
  publisher.sendMessage(`HMSG ${reply} ${own.sid} ${size} ${size}\r\n`, NO_RESPONDERS);
}
