/** LRPs from a BBS: lists and events in protobuf (diego.md §11.3). */
import { type BbsClient, createBbsClient } from '../../clients/bbs-client.ts';
import type { TlsOptions } from '../../clients/tls-options.ts';
import { ERROR_TYPES } from '../../model/bbs/errors.ts';
import { ActualLRPsRequest } from '../../model/bbs/messages/actual-lrp.ts';
import { DomainsResponse } from '../../model/bbs/messages/cells.ts';
import { Nothing } from '../../model/bbs/messages/common.ts';
import {
  DesiredLRPByProcessGuidRequest,
  DesiredLRPResponse,
  DesiredLRPSchedulingInfo,
  DesiredLRPsRequest,
} from '../../model/bbs/messages/desired-lrp.ts';
import { decode } from '../../model/protobuf/decode.ts';
import type { Clock } from '../../ports/clock.ts';
import { type Actual, type Desired, isRouted } from '../table/lrp.ts';
import { RoutedLRP } from './bbs-messages.ts';
import { decodeActual } from './decode-actual.ts';
import type {
  FetchListener,
  LrpSource,
  Snapshot,
  SourceAnswer,
  SourceListener,
} from './lrp-source.ts';
import { readDesired, readEvent, readSchedulingInfo } from './read-lrps.ts';
import { createListStream, type ListStream } from './stream-list.ts';

const EVENTS = '/v1/events/lrp_instances.r1';
const NOT_FOUND = 404;

export interface BbsSourceOptions {
  readonly clock: Clock;
  readonly url: string;
  readonly tls: TlsOptions | undefined;
  readonly timeoutMs: number;
  /** Empty: instances of all cells. */
  readonly cellId: string;
  readonly isInternalEnabled: boolean;
}

const failed = (message: string) => ({ ok: false, message }) as const;

interface Counted<T> {
  /** Of all records, also of those that are not needed. */
  readonly length: number;
  readonly list: readonly T[];
}

/** Reports the steps of one list in the words of the log. */
async function told<T>(
  { onStep, onFailure }: FetchListener,
  what: 'actual' | 'desired',
  list: () => Promise<SourceAnswer<Counted<T>>>,
): Promise<SourceAnswer<Counted<T>>> {
  onStep(`getting-${what}-lrps`);
  const answer = await list();
  if (answer.ok) {
    onStep(`succeeded-getting-${what}-lrps`, { [`num-${what}-responses`]: answer.value.length });
  } else onFailure(`failed-getting-${what}-lrps`, answer.message);
  return answer;
}

type ReadDesired = (record: Buffer) => Desired;

class BbsSource implements LrpSource {
  readonly #client: BbsClient;
  readonly #lists: ListStream;
  readonly #cellId: string;
  readonly #isInternalEnabled: boolean;
  /** In the order of age; each is asked when the one before is not served (404). */
  readonly #desiredLists: readonly (readonly [path: string, read: ReadDesired])[];

  constructor(options: BbsSourceOptions) {
    const { cellId, isInternalEnabled } = options;
    this.#client = createBbsClient(options);
    this.#lists = createListStream(options);
    this.#cellId = cellId;
    this.#isInternalEnabled = isInternalEnabled;
    const readRouted: ReadDesired = (record) =>
      readDesired(decode(RoutedLRP, record), isInternalEnabled);
    const readScheduled: ReadDesired = (record) =>
      readSchedulingInfo(decode(DesiredLRPSchedulingInfo, record), isInternalEnabled);
    this.#desiredLists = [
      ['/v1/desired_lrp_routing_infos/list', readRouted],
      ['/v1/desired_lrps/list.r3', readRouted],
      ['/v1/desired_lrp_scheduling_infos/list', readScheduled],
    ];
  }

  async fetch(listener: FetchListener): Promise<SourceAnswer<Snapshot>> {
    const actualsAsked = told(listener, 'actual', () => this.#fetchActuals());
    const desiredsAsked = told(listener, 'desired', async () => {
      if (this.#cellId === '') return await this.#fetchDesireds([]);
      const own = await actualsAsked;
      if (!own.ok) return own;
      const guids = new Set(own.value.list.map(({ processGuid }) => processGuid));
      // Without a guid the BBS would list all of them.
      if (guids.size === 0) return { ok: true, value: { length: 0, list: [] } };
      return await this.#fetchDesireds([...guids]);
    });
    const [actuals, desireds, domains] = await Promise.all([
      actualsAsked,
      desiredsAsked,
      this.#fetchDomains(),
    ]);
    if (!actuals.ok) return actuals;
    if (!desireds.ok) return desireds;
    if (!domains.ok) {
      listener.onFailure('failed-getting-domains', domains.message);
      return domains;
    }
    return {
      ok: true,
      value: {
        actuals: actuals.value.list,
        desireds: desireds.value.list,
        domains: domains.value,
      },
    };
  }

  async fetchDesired(guid: string): Promise<SourceAnswer<Desired | undefined>> {
    const request = DesiredLRPByProcessGuidRequest;
    const path = '/v1/desired_lrps/get_by_process_guid.r3';
    const fields = { process_guid: guid };
    const answer = await this.#client.invoke(path, request, DesiredLRPResponse, fields);
    if (!answer.ok) return answer;
    const { error, desired_lrp: lrp } = answer.value;
    if (error !== undefined && error.type !== ERROR_TYPES.ResourceNotFound) {
      return failed(error.message);
    }
    return { ok: true, value: lrp && readDesired(lrp, this.#isInternalEnabled) };
  }

  subscribe(listener: SourceListener): () => void {
    return this.#client.subscribe(EVENTS, this.#cellId, {
      onOpen: listener.onOpen,
      onEvent: (event) => listener.onEvent(readEvent(event, this.#isInternalEnabled)),
      onUnknown: (name) => listener.onEvent({ type: 'unrecognized', name }),
      onEnd: listener.onEnd,
    });
  }

  close(): void {
    this.#client.close();
    this.#lists.close();
  }

  async #fetchActuals(): Promise<SourceAnswer<Counted<Actual>>> {
    let length = 0;
    const path = '/v1/actual_lrps/list';
    const fields = { cell_id: this.#cellId };
    const answer = await this.#lists.list(path, ActualLRPsRequest, fields, (record) => {
      length += 1;
      const actual = decodeActual(record);
      return isRouted(actual) ? actual : undefined;
    });
    return answer.ok ? { ok: true, value: { length, list: answer.value } } : answer;
  }

  async #fetchDesireds(guids: readonly string[]): Promise<SourceAnswer<Counted<Desired>>> {
    let message = '';
    for (const [path, read] of this.#desiredLists) {
      const fields = { process_guids: guids };
      const answer = await this.#lists.list(path, DesiredLRPsRequest, fields, read);
      if (answer.ok) {
        const { value: list } = answer;
        return { ok: true, value: { length: list.length, list } };
      }
      message = answer.message;
      if (answer.status !== NOT_FOUND) break;
    }
    return failed(message);
  }

  async #fetchDomains(): Promise<SourceAnswer<ReadonlySet<string>>> {
    const answer = await this.#client.invoke('/v1/domains/list', Nothing, DomainsResponse, {});
    if (!answer.ok) return answer;
    const { error, domains } = answer.value;
    return error === undefined ? { ok: true, value: new Set(domains) } : failed(error.message);
  }
}

export const createBbsSource = (options: BbsSourceOptions): LrpSource => new BbsSource(options);
