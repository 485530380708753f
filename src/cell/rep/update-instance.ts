/** New internal routes and metric tags of an instance that runs (diego.md §13.3, PUT /v2/lrps). */
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { ActualLRPInternalRoute } from '../../model/bbs/messages/actual-lrp.ts';
import type { CellState } from '../state.ts';
import type { Instance } from './bbs-calls.ts';

/** null: as it was. */
const UpdateSchema = Type.Object({
  instance_guid: Type.Optional(Type.String()),
  process_guid: Type.Optional(Type.String()),
  index: Type.Optional(Type.Integer()),
  internal_routes: Type.Optional(
    Type.Union([Type.Null(), Type.Array(Type.Object({ hostname: Type.String() }))]),
  ),
  metric_tags: Type.Optional(Type.Union([Type.Null(), Type.Record(Type.String(), Type.String())])),
});
const checker = Compile(UpdateSchema);

function parse(body: string): Static<typeof UpdateSchema> | undefined {
  try {
    const json: unknown = JSON.parse(body);
    return checker.Check(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined: done. The BBS hears of it with the next start of the instance. */
export function applyUpdate(
  { news }: CellState,
  guid: string,
  { key }: Instance,
  body: string,
): string | undefined {
  const update = parse(body);
  if (update === undefined) return 'the update cannot be read';
  if (update.index !== undefined && update.index !== key.index) return 'another index';
  const before = news.get(guid) ?? { internalRoutes: [], metricTags: new Map() };
  const { internal_routes: routes, metric_tags: tags } = update;
  news.set(guid, {
    internalRoutes:
      routes?.map((own) => ActualLRPInternalRoute.create(own)) ?? before.internalRoutes,
    metricTags: tags ? new Map(Object.entries(tags)) : before.metricTags,
  });
  return undefined;
}
