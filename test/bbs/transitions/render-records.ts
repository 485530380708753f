/**
 * Records as lines of words, told by what was there before:
 *
 *     0 RUNNING i1@cell-a at=10.0.0.1 since=new tag=+1 crashes=2 reason=boom
 *     0 EVACUATING RUNNING i1@cell-a at=10.0.0.1 since=new tag=fresh
 *     Completed failed reason="task was cancelled" created=same updated=new completed=updated
 *
 * `tag=fresh` is another epoch at index 0, `fresh:1` at index 1; `from=SUSPECT` tells that a row
 * of that presence had the epoch before.
 */
import { isJsonObject, type Json, type JsonObject } from '../../golden/diego/message-json.ts';

export interface LrpRow {
  readonly slot: 'ORDINARY' | 'EVACUATING' | 'SUSPECT';
  readonly lrp: JsonObject;
}

export const asObject = (value: Json | undefined): JsonObject => (isJsonObject(value) ? value : {});
const textOf = (value: Json | undefined): string => (value === undefined ? '' : String(value));
const timeOf = (value: Json | undefined): bigint => BigInt(textOf(value) || '0');

/** Words of one text; runs of one letter are counted. */
export function quoted(value: Json | undefined): string {
  const text = textOf(value);
  const long = /^(.)\1{20,}(.*)$/s.exec(text);
  if (long !== null) {
    const [, letter = '', rest = ''] = long;
    return `${letter}*${text.length - rest.length}${rest}`;
  }
  return text.includes(' ') ? `"${text}"` : text;
}

export const indexOf = (lrp: JsonObject): number =>
  Number(asObject(lrp['actual_lrp_key'])['index'] ?? 0);

/** `i1@cell-a`; undefined when the key is empty. */
export function keyWord(key: Json | undefined): string | undefined {
  const { instance_guid, cell_id } = asObject(key);
  if (instance_guid === undefined && cell_id === undefined) return undefined;
  return `${textOf(instance_guid)}@${textOf(cell_id)}`;
}

const tagOf = (lrp: JsonObject): JsonObject => asObject(lrp['modification_tag']);

function sinceWord(lrp: JsonObject, base: LrpRow | undefined, newest: bigint): string {
  const since = timeOf(lrp['since']);
  if (base !== undefined && since === timeOf(base.lrp['since'])) return 'since=same';
  return since > newest ? 'since=new' : 'since=old';
}

function tagWord(lrp: JsonObject, base: LrpRow | undefined): string {
  const index = Number(tagOf(lrp)['index'] ?? 0);
  if (base === undefined) {
    const isUuid = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(textOf(tagOf(lrp)['epoch']));
    return isUuid ? `tag=fresh${index === 0 ? '' : `:${index}`}` : 'tag=malformed';
  }
  const more = index - Number(tagOf(base.lrp)['index'] ?? 0);
  return more === 0 ? 'tag=same' : `tag=+${more}`;
}

const named = (name: string, value: Json | undefined): string[] =>
  value === undefined || value === '' || value === 0 ? [] : [`${name}=${quoted(value)}`];

function routingWords(lrp: JsonObject): string[] {
  const routes = (lrp['actual_lrp_internal_routes'] ?? []) as readonly JsonObject[];
  const tags = Object.entries(asObject(lrp['metric_tags'])).map(([name, tag]) => `${name}:${tag}`);
  return [
    `routable=${textOf(lrp['routable']) || 'unset'}`,
    `routes=${routes.map(({ hostname }) => textOf(hostname)).join(',') || 'none'}`,
    `tags=${tags.sort().join(',') || 'none'}`,
    `zone=${textOf(lrp['availability_zone']) || 'none'}`,
  ];
}

function renderRow(row: LrpRow, before: readonly LrpRow[]): string {
  const { slot, lrp } = row;
  const times = before.map((other) => timeOf(other.lrp['since']));
  const [newest = 0n] = times.sort((one, other) => (one > other ? -1 : 1));
  const atIndex = before.filter((other) => indexOf(other.lrp) === indexOf(lrp));
  const relatives = atIndex.filter(
    (other) => textOf(tagOf(other.lrp)['epoch']) === textOf(tagOf(lrp)['epoch']),
  );
  const base = relatives.find((other) => other.slot === slot) ?? relatives[0];
  const key = keyWord(lrp['actual_lrp_instance_key']);
  return [
    `${indexOf(lrp)}`,
    ...(slot === 'ORDINARY' ? [] : [slot]),
    textOf(lrp['state']),
    ...(key === undefined ? [] : [key]),
    ...named('at', asObject(lrp['actual_lrp_net_info'])['address']),
    sinceWord(lrp, base, newest),
    tagWord(lrp, base),
    ...(base === undefined || base.slot === slot ? [] : [`from=${base.slot}`]),
    ...named('crashes', lrp['crash_count']),
    ...named('reason', lrp['crash_reason']),
    ...named('error', lrp['placement_error']),
    ...routingWords(lrp),
  ].join(' ');
}

export const renderRows = (
  after: readonly LrpRow[],
  before: readonly LrpRow[],
): readonly string[] => after.map((row) => renderRow(row, before)).sort();

function renderTask(task: JsonObject, before: JsonObject | undefined): string {
  const updated = timeOf(task['updated_at']);
  const time = (name: string): string => {
    const value = timeOf(task[name]);
    if (value === 0n) return 'unset';
    if (before !== undefined && value === timeOf(before[name])) return 'same';
    if (name !== 'updated_at' && value === updated) return 'updated';
    return value > timeOf(before?.['updated_at']) ? 'new' : 'old';
  };
  return [
    textOf(task['state']),
    ...named('cell', task['cell_id']),
    ...(task['failed'] === true ? ['failed'] : []),
    ...named('reason', task['failure_reason']),
    ...named('result', task['result']),
    ...named('rejections', task['rejection_count']),
    ...named('rejection', task['rejection_reason']),
    `created=${time('created_at')}`,
    `updated=${time('updated_at')}`,
    ...(task['first_completed_at'] === undefined
      ? []
      : [`completed=${time('first_completed_at')}`]),
  ].join(' ');
}

export function renderTasks(
  after: readonly JsonObject[],
  before: readonly JsonObject[],
): readonly string[] {
  return after.map((task) =>
    renderTask(
      task,
      before.find(({ task_guid }) => task_guid === task['task_guid']),
    ),
  );
}
