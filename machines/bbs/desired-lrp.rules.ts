/** The guards and effects of desired-lrp.machine.ts, by name. */
import { type BbsError, bbsError, type PlainErrorType } from '../../src/model/bbs/errors.ts';
import { ProtoRoutes } from '../../src/model/bbs/messages/common.ts';
import type { DesiredLRP } from '../../src/model/bbs/messages/desired-lrp.ts';
import { nextTag } from '../../src/model/bbs/rows.ts';
import type { Rules } from '../kernel/lifecycle.ts';
import type { DesiredLrpCommand } from './desired-lrp.events.ts';

export interface DesiredLrpOutcome {
  error: BbsError | undefined;
  /** Indices from here up to `createTo` are to exist; equal: none. */
  createFrom: number;
  createTo: number;
  /** Indices from here on are to go; undefined: none. */
  stopFrom: number | undefined;
  /** Cells are to be told of new internal routes or metric tags (§5.1). */
  isUpdateWanted: boolean;
}

export interface DesiredLrpContext {
  desired: DesiredLRP | undefined;
  outcome: DesiredLrpOutcome;
}

const NO_DESIRED_OUTCOME: DesiredLrpOutcome = {
  error: undefined,
  createFrom: 0,
  createTo: 0,
  stopFrom: undefined,
  isUpdateWanted: false,
};

export const desiredLrpContext = (desired: DesiredLRP | undefined): DesiredLrpContext => ({
  desired,
  outcome: { ...NO_DESIRED_OUTCOME },
});

export const copyDesiredLrpContext = ({
  desired,
  outcome,
}: DesiredLrpContext): DesiredLrpContext => ({ desired, outcome: { ...outcome } });

type CommandOf<T extends DesiredLrpCommand['type']> = Extract<
  DesiredLrpCommand,
  { readonly type: T }
>;

function update(draft: DesiredLrpContext, command: DesiredLrpCommand): void {
  const { desired } = draft;
  if (desired === undefined) return;
  const {
    instances = desired.instances,
    routes = desired.routes,
    annotation = desired.annotation,
    metric_tags,
    image_username = desired.image_username,
    image_password = desired.image_password,
  } = (command as CommandOf<'UPDATE'>).update;
  draft.desired = {
    ...desired,
    instances,
    routes,
    annotation,
    metric_tags: metric_tags.size === 0 ? desired.metric_tags : metric_tags,
    image_username,
    image_password,
    modification_tag: nextTag(desired.modification_tag),
  };
  // What it was called by before no longer holds when its source_id changed (§2.4).
  if (metric_tags.size > 0) draft.desired = { ...draft.desired, metrics_guid: '' };
}

export const desiredLrpRules = {
  guards: {
    isScaledUp: ({ desired }, command) =>
      ((command as CommandOf<'UPDATE'>).update.instances ?? 0) > (desired?.instances ?? 0),
    isScaledDown: ({ desired }, command) => {
      const { instances } = (command as CommandOf<'UPDATE'>).update;
      return instances !== undefined && instances < (desired?.instances ?? 0);
    },
  },
  effects: {
    reject: ({ outcome }, _command, { error }) => {
      outcome.error = bbsError(error as PlainErrorType);
    },
    create: (draft, command) => {
      const { desired, epoch } = command as CommandOf<'DESIRE'>;
      const { routes = ProtoRoutes.empty } = desired;
      draft.desired = { ...desired, routes, modification_tag: { epoch, index: 0 } };
      draft.outcome.createTo = desired.instances;
    },
    createMissing: ({ desired, outcome }, command) => {
      outcome.createFrom = desired?.instances ?? 0;
      outcome.createTo = (command as CommandOf<'UPDATE'>).update.instances ?? 0;
    },
    stopExtra: ({ outcome }, command) => {
      outcome.stopFrom = (command as CommandOf<'UPDATE'>).update.instances ?? 0;
    },
    stopAll: ({ outcome }) => {
      outcome.stopFrom = 0;
    },
    tellCells: ({ outcome }, command) => {
      const { routes, metric_tags } = (command as CommandOf<'UPDATE'>).update;
      outcome.isUpdateWanted = routes !== undefined || metric_tags.size > 0;
    },
    update,
    remove: (draft) => {
      draft.desired = undefined;
    },
  },
} as const satisfies Rules<DesiredLrpContext, DesiredLrpCommand>;
