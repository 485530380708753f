import { createSeededRandom } from '../../../src/adapters/random/seeded-random.ts';
import {
  ActualLRPLifecycleResponse,
  ActualLRPsRequest,
  ActualLRPsResponse,
  ClaimActualLRPRequest,
  CrashActualLRPRequest,
  FailActualLRPRequest,
  RemoveActualLRPRequest,
  RetireActualLRPRequest,
  StartActualLRPRequest,
} from '../../../src/model/bbs/messages/actual-lrp.ts';
import { decode } from '../../../src/model/protobuf/decode.ts';
import { encode } from '../../../src/model/protobuf/encode.ts';
import type { MessageType } from '../../../src/model/protobuf/fields.ts';
import type { Random } from '../../../src/ports/random.ts';
import { outcomeOf, TypedClient } from '../operations/typed-client.ts';
import type { RecordedCall } from './check-history.ts';
import { type Call, type Row, textOf } from './ordinary-row.ts';

export interface LrpIndex {
  readonly guid: string;
  readonly index: number;
}

export interface Load {
  readonly baseUrls: readonly string[];
  readonly indices: readonly LrpIndex[];
  readonly cells: readonly string[];
  readonly clients: number;
  readonly durationMs: number;
  readonly seed: number;
  /** Reads come from the image of one node: only on a single node they take part in the order. */
  readonly hasReads: boolean;
}

export type History = ReadonlyMap<LrpIndex, readonly RecordedCall<Call>[]>;

/** One of so many clients goes away without waiting for the answer. */
const ABORT_SHARE = 1 / 500;
const DOMAIN = 'dom';

function anyOf<T>(random: Random, items: readonly T[]): T {
  return items[random.below(items.length)] as T;
}

function anyCall(random: Random, { cells, hasReads }: Load): Call {
  const owner = `i${1 + random.below(2)}@${anyOf(random, cells)}`;
  const domain = random.below(20) === 0 ? 'other' : DOMAIN;
  const calls: readonly Call[] = [
    { type: 'claim', owner },
    { type: 'claim', owner },
    { type: 'start', owner, domain, address: `10.0.0.${1 + random.below(2)}` },
    { type: 'start', owner, domain, address: `10.0.0.${1 + random.below(2)}` },
    { type: 'crash', owner },
    { type: 'crash', owner },
    { type: 'fail' },
    { type: 'remove', owner: random.below(3) === 0 ? undefined : owner },
    { type: 'retire' },
    hasReads ? { type: 'read' } : { type: 'claim', owner },
  ];
  return anyOf(random, calls);
}

/** Path and body of a call. */
function requestOf(call: Call, { guid, index }: LrpIndex): readonly [string, Uint8Array] {
  const owner = 'owner' in call ? (call.owner ?? '') : '';
  const [instance_guid = '', cell_id = ''] = owner.split('@');
  const domain = call.type === 'start' ? call.domain : DOMAIN;
  const keys = {
    actual_lrp_key: { process_guid: guid, index, domain },
    actual_lrp_instance_key: { instance_guid, cell_id },
  };
  const of = <Q>(path: string, type: MessageType<Q>, fields: Partial<Q>) =>
    [`/v1/actual_lrps/${path}`, encode(type, type.create(fields))] as const;
  const plain = { ...keys, process_guid: guid, index };
  switch (call.type) {
    case 'claim':
      return of('claim', ClaimActualLRPRequest, plain);
    case 'start': {
      const actual_lrp_net_info = { ...NET_INFO, address: call.address };
      return of('start.r1', StartActualLRPRequest, { ...keys, actual_lrp_net_info });
    }
    case 'crash':
      return of('crash', CrashActualLRPRequest, { ...keys, error_message: 'boom' });
    case 'fail':
      return of('fail', FailActualLRPRequest, { ...keys, error_message: 'no room' });
    case 'remove': {
      const { actual_lrp_instance_key, ...rest } = plain;
      return of('remove', RemoveActualLRPRequest, call.owner === undefined ? rest : plain);
    }
    case 'retire':
      return of('retire', RetireActualLRPRequest, keys);
    case 'read':
      return of('list', ActualLRPsRequest, { process_guid: guid, index });
  }
}

const NET_INFO = {
  address: '',
  ports: [],
  instance_address: '',
  preferred_address: 0,
  instance_ipv6_address: '',
};

function rowOf(body: Buffer): string {
  const [own] = decode(ActualLRPsResponse, body).actual_lrps;
  if (own === undefined) return textOf(undefined);
  const { instance_guid, cell_id } = own.actual_lrp_instance_key;
  return textOf({
    state: own.state as Row['state'],
    owner: instance_guid === '' ? '' : `${instance_guid}@${cell_id}`,
    address: own.actual_lrp_net_info.address,
    domain: own.actual_lrp_key.domain,
    crashes: own.crash_count,
    tag: own.modification_tag.index,
  });
}

/** Undefined: the client does not know. */
async function outcomeOfCall(
  client: TypedClient,
  call: Call,
  at: LrpIndex,
  isAborted: boolean,
): Promise<string | undefined> {
  const [path, body] = requestOf(call, at);
  const sending = client.send('POST', path, body);
  if (isAborted) {
    setImmediate(() => client.close());
    await sending.catch(() => undefined);
    return undefined;
  }
  try {
    const answer = await sending;
    if (answer.status !== 200) return undefined;
    if (call.type === 'read') return rowOf(answer.body);
    const outcome = outcomeOf(decode(ActualLRPLifecycleResponse, answer.body));
    // What the store says of itself: it may have been written all the same.
    return outcome === 'UnknownError' ? undefined : outcome;
  } catch {
    return undefined;
  }
}

/** Places in the one order of all invocations and completions of this process. */
let place = 0;

export async function recordCall(
  client: TypedClient,
  call: Call,
  at: LrpIndex,
  isAborted = false,
): Promise<RecordedCall<Call>> {
  place += 1;
  const invokedAt = place;
  const outcome = await outcomeOfCall(client, call, at, isAborted);
  place += 1;
  return { call, invokedAt, completedAt: place, outcome };
}

/** Clients that want different things of the same few rows, until the time is over. */
export async function runConflictingClients(load: Load): Promise<History> {
  const { baseUrls, indices, durationMs, seed } = load;
  const history = new Map<LrpIndex, RecordedCall<Call>[]>(indices.map((own) => [own, []]));
  const endMs = performance.now() + durationMs;
  async function run(number: number): Promise<void> {
    const random = createSeededRandom(seed + number);
    const clients = baseUrls.map((url) => new TypedClient(url));
    while (performance.now() < endMs) {
      const client = anyOf(random, clients);
      const at = anyOf(random, indices);
      const isAborted = random.next() < ABORT_SHARE;
      history.get(at)?.push(await recordCall(client, anyCall(random, load), at, isAborted));
    }
    for (const client of clients) client.close();
  }
  await Promise.all(Array.from({ length: load.clients }, (_none, number) => run(number)));
  return history;
}
