/** Instances and cells of the BBS: asked when somebody asks, followed while somebody looks. */
import type { BbsClient } from '../clients/bbs-client.ts';
import type { HttpCalls } from '../clients/http-calls.ts';
import type { StreamedEvent } from '../model/bbs/event-types.ts';
import { ActualLRP, ActualLRPsRequest } from '../model/bbs/messages/actual-lrp.ts';
import { CellPresence } from '../model/bbs/messages/cells.ts';
import { Nothing } from '../model/bbs/messages/common.ts';
import { DesiredLRPSchedulingInfo, DesiredLRPsRequest } from '../model/bbs/messages/desired-lrp.ts';
import type { MessageType } from '../model/protobuf/fields.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import { InstanceBook } from './instance-book.ts';
import { INSPECTOR_LIMITS } from './options.ts';
import { type Rows, readRows } from './read-rows.ts';
import type { CapacityView, CellView, InstanceView, LrpsView } from './views.ts';

export interface BbsWatchOptions {
  readonly bbs: BbsClient;
  /** To the cells. */
  readonly http: HttpCalls;
  readonly clock: Clock;
}

type Listed<T> = Rows<T> | { readonly problem: string };

interface CellState {
  readonly Evacuating?: boolean;
  readonly AvailableResources?: Readonly<Record<string, number>>;
  readonly TotalResources?: Readonly<Record<string, number>>;
  readonly LRPs?: readonly unknown[] | null;
  readonly Tasks?: readonly unknown[] | null;
}

const capacityOf = (own: Readonly<Record<string, number>>): CapacityView => ({
  memoryMb: own['MemoryMB'] ?? 0,
  diskMb: own['DiskMB'] ?? 0,
  containers: own['Containers'] ?? 0,
});

async function askCell(http: HttpCalls, cell: CellPresence): Promise<CellView> {
  const address = (cell.rep_url === '' ? cell.rep_address : cell.rep_url).replace(/\/+$/, '');
  const result = await http.call('GET', `${address}/state`, undefined);
  let state: CellState = {};
  try {
    if (result.ok && result.status === 200) state = JSON.parse(result.body.toString('utf8'));
  } catch {
    // Not JSON: it is as silent as one that does not answer.
  }
  const { AvailableResources: free, TotalResources: total } = state;
  const own = cell.capacity;
  return {
    cellId: cell.cell_id,
    zone: cell.zone,
    address,
    isSilent: free === undefined,
    isEvacuating: state.Evacuating === true,
    total:
      total === undefined
        ? {
            memoryMb: own?.memory_mb ?? 0,
            diskMb: own?.disk_mb ?? 0,
            containers: own?.containers ?? 0,
          }
        : capacityOf(total),
    free: free === undefined ? undefined : capacityOf(free),
    lrps: state.LRPs?.length ?? 0,
    tasks: state.Tasks?.length ?? 0,
  };
}

export class BbsWatch {
  readonly #bbs: BbsClient;
  readonly #http: HttpCalls;
  readonly #clock: Clock;
  readonly #book: InstanceBook;
  #problem = '';
  #toldProblem = '';
  #isComplete = true;
  #listener: (() => void) | undefined;
  #cancel: (() => void) | undefined;
  #retry: Timer | undefined;
  #isListed = false;
  /** Events that came while the list was under way; played on it, they lead to what is now. */
  #early: StreamedEvent[] = [];

  constructor({ bbs, http, clock }: BbsWatchOptions) {
    this.#bbs = bbs;
    this.#http = http;
    this.#clock = clock;
    this.#book = new InstanceBook(() => clock.wallMs());
  }

  /** While followed, `onChange` is called after each change. */
  follow(onChange: () => void): void {
    const isNew = this.#listener === undefined;
    this.#listener = onChange;
    if (isNew) this.#subscribe();
  }

  unfollow(): void {
    this.#listener = undefined;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#clock.clearTimeout(this.#retry);
    this.#retry = undefined;
  }

  /** Asks the BBS unless it is followed. */
  async lrps(): Promise<LrpsView> {
    if (this.#listener === undefined || !this.#isListed) await this.#refresh();
    return this.known();
  }

  /** What is known without asking. */
  known(): LrpsView {
    const { apps, instances } = this.#book;
    return { problem: this.#problem, isComplete: this.#isComplete, apps, instances };
  }

  takeChanged(): InstanceView[] {
    return this.#book.takeChanged();
  }

  /** True once after something has changed that no instance tells: apps, or a problem. */
  takeNews(): boolean {
    const hasNewProblem = this.#problem !== this.#toldProblem;
    this.#toldProblem = this.#problem;
    return this.#book.takeNewApps() || hasNewProblem;
  }

  /** A cell that does not answer is silent; without a BBS there are none. */
  async cells(): Promise<readonly CellView[]> {
    const { cells } = INSPECTOR_LIMITS;
    const found = await this.#list('/v1/cells/list.r1', Nothing, CellPresence, cells);
    if ('problem' in found) return [];
    return await Promise.all(found.rows.map((cell) => askCell(this.#http, cell)));
  }

  close(): void {
    this.unfollow();
    this.#bbs.close();
    this.#http.close();
  }

  #subscribe(): void {
    this.#isListed = false;
    this.#early = [];
    this.#cancel = this.#bbs.subscribe('/v1/events/lrp_instances.r1', '', {
      // The list comes after the subscription, so that nothing falls between the two.
      onOpen: () => void this.#refresh().then(() => this.#listener?.()),
      onEvent: (event) => this.#onEvent(event),
      onUnknown: () => {},
      onEnd: (reason) => this.#onEnd(reason),
    });
  }

  #onEvent(event: StreamedEvent): void {
    if (this.#isListed) {
      if (this.#book.takeEvent(event)) this.#listener?.();
      return;
    }
    this.#early.push(event);
    if (this.#early.length <= INSPECTOR_LIMITS.earlyEvents) return;
    this.#cancel?.();
    this.#onEnd('events come faster than the list');
  }

  #onEnd(reason: string): void {
    this.#problem = reason;
    this.#cancel = undefined;
    this.#listener?.();
    this.#retry = this.#clock.setTimeout(() => this.#subscribe(), INSPECTOR_LIMITS.resubscribeMs);
  }

  async #refresh(): Promise<void> {
    const { instances, apps: maxApps } = INSPECTOR_LIMITS;
    const infosPath = '/v1/desired_lrp_scheduling_infos/list';
    const [rows, apps] = await Promise.all([
      this.#list('/v1/actual_lrps/list', ActualLRPsRequest, ActualLRP, instances),
      this.#list(infosPath, DesiredLRPsRequest, DesiredLRPSchedulingInfo, maxApps),
    ]);
    if ('problem' in rows || 'problem' in apps) {
      this.#problem = 'problem' in rows ? rows.problem : 'problem' in apps ? apps.problem : '';
      return;
    }
    this.#problem = '';
    this.#isComplete = rows.isComplete && apps.isComplete;
    this.#book.takeApps(apps.rows);
    this.#book.takeRows(rows.rows, rows.isComplete);
    for (const event of this.#early) this.#book.takeEvent(event);
    this.#early = [];
    this.#isListed = true;
  }

  async #list<Q, T>(
    path: string,
    request: MessageType<Q>,
    row: MessageType<T>,
    limit: number,
  ): Promise<Listed<T>> {
    const answer = await this.#bbs.fetchBytes(path, request, {});
    if (!answer.ok) return { problem: answer.message };
    try {
      return readRows(answer.value, row, limit);
    } catch (error) {
      return { problem: `${path}: ${(error as Error).message}` };
    }
  }
}
