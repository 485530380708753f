/** Plays one recorded situation against a BBS and a route-emitter of our own. */
import { setTimeout } from 'node:timers/promises';
import { durationMs } from '../../../src/config/duration.ts';
import {
  ActualLRPsRequest,
  ActualLRPsResponse,
  PRESENCE,
} from '../../../src/model/bbs/messages/actual-lrp.ts';
import { decode } from '../../../src/model/protobuf/decode.ts';
import { encode } from '../../../src/model/protobuf/encode.ts';
import { type OpenedBbs, startBbsUnderTest } from '../../bbs/support/bbs-under-test.ts';
import { type BbsGate, openBbsGate } from '../../route-emitter/support/bbs-gate.ts';
import {
  type EmitterUnderTest,
  startEmitter,
} from '../../route-emitter/support/emitter-under-test.ts';
import {
  createMemoryBus,
  messageOf,
  type Published,
} from '../../route-emitter/support/memory-bus.ts';
import { createSteppedClock } from '../../route-emitter/support/stepped-clock.ts';
import { BbsClient } from '../diego/bbs-client.ts';
import { responseTypeOf } from '../diego/message-types.ts';
import type { Command, EmitterConfig, Situation, SituationStep } from './recorded-situation.ts';

/** What one step took when it was recorded; only timers see it. */
const STEP_MS = 250;
const START_MS = 400;
/** Two greetings: the recording waited for a second one that nobody answered either. */
const UNANSWERED_START_MS = 1450;
const REAL_QUIET_MS = 25;
const REAL_LIMIT_MS = 5000;
/** Some messages only come with the time that the step then takes. */
const REAL_PATIENCE_MS = 400;
const QUIET_INTERVAL = { minimumRegisterIntervalInSeconds: 3600, pruneThresholdInSeconds: 120 };

export interface SeenMessage {
  readonly subject: string;
  readonly payload: unknown;
  readonly atMs: number;
}

export interface SeenStep {
  readonly reply: unknown;
  readonly messages: readonly SeenMessage[];
  /** Times of rows, by `guid/index/instance/presence`. */
  readonly since: ReadonlyMap<string, string>;
}

const ms = (text: string | undefined, otherwise: number): number =>
  text === undefined ? otherwise : durationMs(text);

const HOUR_MS = 3_600_000;

const optionsOf = (config: EmitterConfig, url: string) =>
  ({
    source: { type: 'bbs', url, tls: undefined },
    cellId: config.cell_id ?? '',
    isDirectInstanceRoutes: config.register_direct_instance_routes ?? false,
    syncIntervalMs: ms(config.sync_interval, HOUR_MS),
    unregistrationIntervalMs: ms(config.unregistration_interval, HOUR_MS),
    unregistrationSendCount: config.unregistration_send_count ?? 20,
  }) as const;

export class SituationReplay {
  readonly #clock = createSteppedClock();
  readonly #bus = createMemoryBus(this.#clock.nowMs);
  readonly #bbs: OpenedBbs;
  readonly #gate: BbsGate;
  readonly #client: BbsClient;
  readonly #situation: Situation;
  #emitter: EmitterUnderTest | undefined;
  #syncMs = HOUR_MS;

  private constructor(situation: Situation, bbs: OpenedBbs, gate: BbsGate) {
    this.#situation = situation;
    this.#bbs = bbs;
    this.#gate = gate;
    this.#client = new BbsClient(bbs.baseUrl);
    if (!this.#isUnanswered) {
      this.#bus.subscribe('router.greet', ({ reply }) => {
        const answer = JSON.stringify({ id: 'r1', hosts: ['h'], ...QUIET_INTERVAL });
        this.#bus.publish(reply, Buffer.from(answer));
      });
    }
  }

  static async open(situation: Situation): Promise<SituationReplay> {
    const bbs = await startBbsUnderTest({
      store: 'memory',
      generation: 'today',
      auctioneerAddress: '',
    });
    for (const cell of ['cell-a', 'cell-b']) await bbs.registerCell(cell, 'http://127.0.0.1:1');
    return new SituationReplay(situation, bbs, await openBbsGate(() => bbs.baseUrl));
  }

  get #isUnanswered(): boolean {
    return this.#situation.title.startsWith('no greeting answer');
  }

  async run(step: SituationStep): Promise<SeenStep> {
    this.#bus.take();
    const startedMs = this.#clock.nowMs();
    const reply = await this.#command(step.cmd, step.messages.length);
    const published = this.#bus.take();
    return {
      reply,
      messages: published.filter(isRecorded).map((one) => seen(one, startedMs)),
      since: await this.#times(),
    };
  }

  async close(): Promise<void> {
    await this.#emitter?.stop();
    this.#client.close();
    await this.#gate.close();
    await this.#bbs.stop();
  }

  async #command(cmd: Command, wanted: number): Promise<unknown> {
    switch (cmd.op) {
      case 'rpc': {
        const { path, request_type: type, request } = cmd;
        const reply = await this.#client.call(path, type, request, responseTypeOf(path));
        await this.#settle(wanted);
        await this.#clock.pass(STEP_MS);
        return reply;
      }
      case 'start_emitter':
        return await this.#start(cmd.config, wanted);
      case 'publish':
        this.#bus.publish(cmd.subject, Buffer.from(cmd.payload));
        await this.#clock.pass(cmd.then_wait_ms ?? STEP_MS);
        return undefined;
      case 'wait':
        await this.#clock.pass(cmd.ms);
        return undefined;
      case 'wait_sync':
        return await this.#waitForSync(wanted);
      case 'lose_events':
        this.#gate.isLosingEvents = cmd.on;
        return undefined;
      case 'fail_sync_requests':
        this.#gate.isFailingLists = cmd.on;
        return undefined;
    }
  }

  async #start(config: EmitterConfig, wanted: number): Promise<void> {
    const options = optionsOf(config, this.#gate.url);
    this.#syncMs = options.syncIntervalMs;
    const emitter = await startEmitter({ clock: this.#clock, bus: this.#bus, options });
    this.#emitter = emitter;
    await this.#until(() => emitter.state.counts.syncs > 0, 'the first sync');
    await this.#settle(this.#isUnanswered ? wanted - 1 : wanted);
    await this.#clock.pass(this.#isUnanswered ? UNANSWERED_START_MS : START_MS);
  }

  async #waitForSync(wanted: number): Promise<void> {
    const before = this.#emitter?.state.counts.syncs ?? 0;
    await this.#clock.pass(this.#syncMs);
    await this.#until(() => (this.#emitter?.state.counts.syncs ?? 0) > before, 'a sync');
    await this.#settle(wanted);
  }

  /** Until what is wanted has come, and no more comes for a while. */
  async #settle(wanted: number): Promise<void> {
    await this.#bbs.idle();
    const count = (): number => this.#bus.count;
    await this.#until(() => count() >= wanted, '', REAL_PATIENCE_MS).catch(() => undefined);
    for (let before = -1; before !== count(); ) {
      before = count();
      await setTimeout(REAL_QUIET_MS);
    }
  }

  async #until(isDone: () => boolean, what: string, limitMs = REAL_LIMIT_MS): Promise<void> {
    for (let leftMs = limitMs; !isDone(); leftMs -= 2) {
      if (leftMs <= 0) throw new Error(`${what} did not come`);
      await setTimeout(2);
    }
  }

  async #times(): Promise<ReadonlyMap<string, string>> {
    const request = encode(ActualLRPsRequest, ActualLRPsRequest.create({}));
    const { body } = await this.#client.send('POST', '/v1/actual_lrps/list', request);
    const { actual_lrps: rows } = decode(ActualLRPsResponse, body);
    return new Map(
      rows.flatMap((row) => (row === undefined ? [] : [[keyOf(row), `${row.since}`] as const])),
    );
  }
}

interface Row {
  readonly actual_lrp_key: { readonly process_guid: string; readonly index?: number };
  readonly actual_lrp_instance_key: { readonly instance_guid?: string };
  readonly presence?: number | string;
}

/** Names one row, in a recording or in an answer. */
export function keyOf({ actual_lrp_key: key, actual_lrp_instance_key: own, presence }: Row) {
  const named = Object.entries(PRESENCE).find(([, number]) => number === presence)?.[0];
  const shown = named ?? presence ?? 'ORDINARY';
  return `${key.process_guid}/${key.index ?? 0}/${own.instance_guid ?? ''}/${shown}`;
}

const isRecorded = ({ subject }: Published): boolean =>
  /^(router|service-discovery)\.(register|unregister)$/.test(subject) || subject === 'router.greet';

const seen = (published: Published, startedMs: number): SeenMessage => ({
  subject: published.subject,
  payload: published.text === '' ? '' : messageOf(published),
  atMs: published.atMs - startedMs,
});
