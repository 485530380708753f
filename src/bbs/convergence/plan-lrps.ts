/**
 * What is to be done so that what runs becomes what is desired (diego.md §7): a pure function over
 * a snapshot. The steps are numbered as there.
 */
import type { Generation, LrpSlots } from '../../../machines/bbs/lrp.context.ts';
import { internalRoutesOf, metricTagsFor } from '../../model/bbs/internal-routes.ts';
import type { ActualLRP, ActualLRPKey } from '../../model/bbs/messages/actual-lrp.ts';
import type { DesiredLRP } from '../../model/bbs/messages/desired-lrp.ts';
import { isRestartDue } from '../../model/bbs/restart-policy.ts';

export interface LrpSnapshot {
  readonly generation: Generation;
  /** Nanoseconds since 1970. */
  readonly now: bigint;
  readonly staleUnclaimedNs: bigint;
  readonly desireds: Iterable<DesiredLRP>;
  readonly desired: (guid: string) => DesiredLRP | undefined;
  readonly slotsOf: (guid: string) => Iterable<LrpSlots>;
  readonly slots: Iterable<LrpSlots>;
  readonly isCellRegistered: (cellId: string) => boolean;
  readonly isDomainFresh: (domain: string) => boolean;
}

export type LrpAction =
  | {
      readonly type:
        | 'remove-evacuating'
        | 'auction'
        | 'retire'
        | 'remove-suspect'
        | 'regain-cell'
        | 'restart';
      readonly slots: LrpSlots;
      readonly key: ActualLRPKey;
    }
  | {
      readonly type: 'update-cell';
      readonly slots: LrpSlots;
      readonly key: ActualLRPKey;
      readonly hasRoutes: boolean;
      readonly hasTags: boolean;
    }
  | {
      readonly type: 'lose-cell';
      readonly slots: LrpSlots;
      readonly key: ActualLRPKey;
      readonly isWanted: boolean;
    }
  | { readonly type: 'create'; readonly desired: DesiredLRP; readonly indices: readonly number[] };

const isPlaced = (row: ActualLRP): boolean => row.state === 'CLAIMED' || row.state === 'RUNNING';

const isStale = (row: ActualLRP, { now, staleUnclaimedNs }: LrpSnapshot): boolean =>
  row.state === 'UNCLAIMED' && row.since + staleUnclaimedNs < now;

const isLost = (row: ActualLRP, snapshot: LrpSnapshot): boolean =>
  isPlaced(row) && !snapshot.isCellRegistered(row.actual_lrp_instance_key.cell_id);

/** Steps 1 to 3: rows whose cell is gone, and rows that nobody took. */
function ofPlaces(slots: LrpSlots, snapshot: LrpSnapshot): LrpAction[] {
  const actions: LrpAction[] = [];
  const { ordinary, evacuating } = slots;
  if (
    evacuating !== undefined &&
    !snapshot.isCellRegistered(evacuating.actual_lrp_instance_key.cell_id)
  ) {
    actions.push({ type: 'remove-evacuating', slots, key: evacuating.actual_lrp_key });
  }
  if (ordinary === undefined) return actions;
  const key = ordinary.actual_lrp_key;
  if (snapshot.desired(key.process_guid) === undefined) return actions;
  if (isStale(ordinary, snapshot)) actions.push({ type: 'auction', slots, key });
  if (isLost(ordinary, snapshot)) {
    actions.push({ type: 'lose-cell', slots, key, isWanted: true });
  }
  return actions;
}

/** Step 4: indices that are missing, and those that are too many. */
function ofDesired(desired: DesiredLRP, snapshot: LrpSnapshot): LrpAction[] {
  const { process_guid, instances, domain } = desired;
  const found = new Set<number>();
  const extra: LrpSlots[] = [];
  for (const slots of snapshot.slotsOf(process_guid)) {
    const index = slots.ordinary?.actual_lrp_key.index;
    if (index === undefined) continue;
    found.add(index);
    // One whose cell is lost becomes a suspect first (step 3); the next pass sees to the rest.
    const isLostNow = slots.ordinary !== undefined && isLost(slots.ordinary, snapshot);
    if (index >= instances && !isLostNow) extra.push(slots);
  }
  // The original counts: as many missing as extra ones look right to it.
  if (snapshot.generation === 'today' && found.size === instances) return [];
  const missing = [];
  for (let index = 0; index < instances; index += 1) if (!found.has(index)) missing.push(index);
  const actions: LrpAction[] = [];
  if (missing.length > 0) actions.push({ type: 'create', desired, indices: missing });
  if (snapshot.generation === 'today' && snapshot.isDomainFresh(domain)) {
    for (const slots of extra) {
      const key = slots.ordinary?.actual_lrp_key;
      if (key !== undefined) actions.push({ type: 'retire', slots, key });
    }
  }
  return actions;
}

const newsFor = (row: ActualLRP, desired: DesiredLRP) => {
  const { index } = row.actual_lrp_key;
  const tags = metricTagsFor(desired, index, row.actual_lrp_instance_key.instance_guid);
  const routes = (internalRoutesOf(desired) ?? []).map(({ hostname }) => hostname);
  const own = row.actual_lrp_internal_routes.map(({ hostname }) => hostname);
  return {
    hasRoutes: routes.join('\n') !== own.join('\n'),
    // A row that was started without tags is let be, as by the original.
    hasTags:
      row.metric_tags.size > 0 &&
      (tags.size !== row.metric_tags.size ||
        [...tags].some(([name, value]) => row.metric_tags.get(name) !== value)),
  };
};

/** Steps 5 to 8: rows that nobody desires, and suspects. */
function ofSuspects({ slots, wanted, snapshot }: Row): LrpAction[] {
  const { ordinary, suspect } = slots;
  const actions: LrpAction[] = [];
  const unwanted = (row: ActualLRP | undefined): boolean =>
    row !== undefined && wanted === undefined && snapshot.isDomainFresh(row.actual_lrp_key.domain);
  if (ordinary !== undefined && unwanted(ordinary)) {
    actions.push({ type: 'retire', slots, key: ordinary.actual_lrp_key });
  }
  if (suspect === undefined) return actions;
  const key = suspect.actual_lrp_key;
  if (unwanted(suspect) || (ordinary?.state === 'RUNNING' && suspect.state === 'RUNNING')) {
    actions.push({ type: 'remove-suspect', slots, key });
  } else if (snapshot.isCellRegistered(suspect.actual_lrp_instance_key.cell_id)) {
    actions.push({ type: 'regain-cell', slots, key });
  }
  return actions;
}

interface Row {
  readonly slots: LrpSlots;
  readonly wanted: DesiredLRP | undefined;
  readonly snapshot: LrpSnapshot;
}

/** Steps 9 and 10. */
function ofRows({ slots, wanted, snapshot }: Row): LrpAction[] {
  const { ordinary } = slots;
  if (ordinary === undefined || wanted === undefined) return [];
  const key = ordinary.actual_lrp_key;
  if (ordinary.state === 'CRASHED' && isRestartDue(ordinary, snapshot.now)) {
    return [{ type: 'restart', slots, key }];
  }
  if (ordinary.state !== 'RUNNING' || isLost(ordinary, snapshot)) return [];
  const news = newsFor(ordinary, wanted);
  return news.hasRoutes || news.hasTags ? [{ type: 'update-cell', slots, key, ...news }] : [];
}

function planToday(snapshot: LrpSnapshot): LrpAction[] {
  const places: LrpAction[] = [];
  const others: LrpAction[] = [];
  for (const slots of snapshot.slots) {
    const row = slots.ordinary ?? slots.suspect ?? slots.evacuating;
    const wanted = row && snapshot.desired(row.actual_lrp_key.process_guid);
    places.push(...ofPlaces(slots, snapshot));
    others.push(...ofSuspects({ slots, wanted, snapshot }), ...ofRows({ slots, wanted, snapshot }));
  }
  const desireds: LrpAction[] = [];
  for (const desired of snapshot.desireds) desireds.push(...ofDesired(desired, snapshot));
  return [...places, ...desireds, ...others];
}

/** One row by the rules of 2015, the first that fits (§7.1). */
function actionOf2015(slots: LrpSlots, snapshot: LrpSnapshot): LrpAction | undefined {
  const { ordinary } = slots;
  if (ordinary === undefined) return undefined;
  const key = ordinary.actual_lrp_key;
  const wanted = snapshot.desired(key.process_guid);
  const isWanted = wanted !== undefined && key.index < wanted.instances;
  if (isLost(ordinary, snapshot)) return { type: 'lose-cell', slots, key, isWanted };
  if (!isWanted)
    return snapshot.isDomainFresh(key.domain) ? { type: 'retire', slots, key } : undefined;
  if (ordinary.state === 'CRASHED' && isRestartDue(ordinary, snapshot.now)) {
    return { type: 'restart', slots, key };
  }
  return isStale(ordinary, snapshot) ? { type: 'auction', slots, key } : undefined;
}

function plan2015(snapshot: LrpSnapshot): LrpAction[] {
  const actions: LrpAction[] = [];
  for (const desired of snapshot.desireds) actions.push(...ofDesired(desired, snapshot));
  for (const slots of snapshot.slots) {
    const action = actionOf2015(slots, snapshot);
    if (action !== undefined) actions.push(action);
  }
  return actions;
}

export const planLrps = (snapshot: LrpSnapshot): LrpAction[] =>
  snapshot.generation === 'today' ? planToday(snapshot) : plan2015(snapshot);
