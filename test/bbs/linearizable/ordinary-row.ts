/**
 * What one ORDINARY row does, one call after the other: written from the tables of
 * diego.md §3.1–3.7 (rules of today), and from nothing else. No EVACUATING or SUSPECT row exists.
 */
export interface Row {
  readonly state: 'UNCLAIMED' | 'CLAIMED' | 'RUNNING' | 'CRASHED';
  /** `guid@cell`; empty: nobody has it. */
  readonly owner: string;
  readonly address: string;
  readonly domain: string;
  readonly crashes: number;
  /** Index of the modification tag. */
  readonly tag: number;
}

export type Call =
  | { readonly type: 'claim'; readonly owner: string }
  | {
      readonly type: 'start';
      readonly owner: string;
      readonly address: string;
      readonly domain: string;
    }
  | { readonly type: 'crash'; readonly owner: string }
  | { readonly type: 'fail' }
  /** Without an owner: whoever has it. */
  | { readonly type: 'remove'; readonly owner: string | undefined }
  | { readonly type: 'retire' }
  | { readonly type: 'read' };

/** What the calls meet that is no part of the row. */
export interface Surroundings {
  readonly isDesired: boolean;
  readonly knownCells: readonly string[];
}

export interface Step {
  readonly row: Row | undefined;
  /** `ok`, the name of an error, or what a read shows. */
  readonly outcome: string;
}

const IMMEDIATE_RESTARTS = 3;

export const textOf = (row: Row | undefined): string =>
  row === undefined
    ? 'none'
    : `${row.state} ${row.owner} ${row.address} ${row.domain} c${row.crashes} t${row.tag}`;

const changed = (row: Row, fields: Partial<Row>): Step => ({
  row: { ...row, ...fields, tag: row.tag + 1 },
  outcome: 'ok',
});

/** §3.1 */
function claim(row: Row | undefined, owner: string): Step {
  if (row === undefined) return { row, outcome: 'ResourceNotFound' };
  const isOwn = row.owner === owner;
  if (row.state === 'CLAIMED' && isOwn) return { row, outcome: 'ok' };
  if (row.state === 'UNCLAIMED' || (row.state === 'RUNNING' && isOwn)) {
    return changed(row, { state: 'CLAIMED', owner, address: '' });
  }
  return { row, outcome: 'ActualLRPCannotBeClaimed' };
}

/** §3.2 */
function start(row: Row | undefined, call: Extract<Call, { type: 'start' }>): Step {
  const { owner, address, domain } = call;
  const running = { state: 'RUNNING', owner, address } as const;
  if (row === undefined) return { row: { ...running, domain, crashes: 0, tag: 0 }, outcome: 'ok' };
  const refused = { row, outcome: 'ActualLRPCannotBeStarted' };
  if (row.domain !== domain || row.state === 'CRASHED') return refused;
  if (row.state !== 'RUNNING') return changed(row, running);
  if (row.owner !== owner) return refused;
  return row.address === address ? { row, outcome: 'ok' } : changed(row, running);
}

/** §3.3, §3.4; nobody runs for five minutes here. */
function crash(row: Row | undefined, owner: string, { isDesired }: Surroundings): Step {
  if (row === undefined) return { row, outcome: 'ResourceNotFound' };
  const isPlaced = row.state === 'CLAIMED' || row.state === 'RUNNING';
  if (!isPlaced || row.owner !== owner) return { row, outcome: 'ActualLRPCannotBeCrashed' };
  const crashes = row.crashes + 1;
  const restarts = crashes < IMMEDIATE_RESTARTS;
  const state = restarts ? 'UNCLAIMED' : 'CRASHED';
  const step = changed(row, { state, owner: '', address: '', crashes });
  // The row has changed, and yet the auction fails for want of a desired LRP.
  return restarts && !isDesired ? { ...step, outcome: 'ResourceNotFound' } : step;
}

/** §3.5 */
function fail(row: Row | undefined): Step {
  if (row === undefined) return { row, outcome: 'ok' };
  if (row.state === 'UNCLAIMED') return changed(row, {});
  return { row, outcome: 'ActualLRPCannotBeFailed' };
}

/** §3.7 */
function retire(row: Row | undefined, { knownCells }: Surroundings): Step {
  if (row === undefined) return { row, outcome: 'ResourceNotFound' };
  const isPlaced = row.state === 'CLAIMED' || row.state === 'RUNNING';
  const [, cell = ''] = row.owner.split('@');
  // The cell is told to stop it, and removes the row later.
  if (isPlaced && knownCells.includes(cell)) return { row, outcome: 'ok' };
  return { row: undefined, outcome: 'ok' };
}

/** One call on its own. */
export function step(row: Row | undefined, call: Call, surroundings: Surroundings): Step {
  switch (call.type) {
    case 'claim':
      return claim(row, call.owner);
    case 'start':
      return start(row, call);
    case 'crash':
      return crash(row, call.owner, surroundings);
    case 'fail':
      return fail(row);
    case 'remove': {
      // §3.6
      const isOther = call.owner !== undefined && call.owner !== row?.owner;
      if (row === undefined || isOther) return { row, outcome: 'ResourceNotFound' };
      return { row: undefined, outcome: 'ok' };
    }
    case 'retire':
      return retire(row, surroundings);
    case 'read':
      return { row, outcome: textOf(row) };
  }
}

/** Refusals and reads; but a crash can be done and refused (see there). */
export const isReadOnly = ({ type }: Call, outcome: string): boolean =>
  type === 'read' || (outcome !== 'ok' && type !== 'crash') || outcome.endsWith('Crashed');
